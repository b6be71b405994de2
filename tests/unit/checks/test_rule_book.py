"""The registry: every rule has its words, sound requirements, a bad example, and its page."""

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from submission.checks.book import BOOK, FAMILIES, MODULES, RETIRED
from submission.checks.coverage import BY_USAGE, NOT_COVERED, OFFICIAL, WRITTEN, named_rules
from submission.checks.model import Rule, Scope
from submission.checks.reports import rule_text
from submission.checks.reports.rules_page import rules_page
from submission.cli import main
from submission.errors import UsageError
from tests.tree.table import BREAKS

INSIDE = (Scope.SUBMITTER, Scope.SYSTEM, Scope.BENCHMARK, Scope.RESULT)
"""Each of these contains the next; a run is apart, so that no fault of it hides one of a result."""


SOURCES = (
    "inference_rules.adoc",
    "submission_rules.adoc",
    "MLPerf power measurement rules",
    "mlperf.conf of the round",
    "submission checker of the round",
    "compliance tests of the round",
    "summary.csv of the round",
    "LoadGen: ",
    "git",
    "run_metadata of this kit",
    "the list of waivers",
    "the tree's own",
)
"""What a rule may appeal to; what LoadGen logs cannot be otherwise, and the kit knows its runs."""


def _contains(outer: Scope, inner: Scope) -> bool:
    if outer is inner:
        return True
    chain = (*INSIDE[:-1], inner) if inner is Scope.RUN else INSIDE
    return outer in chain and inner in chain and chain.index(outer) < chain.index(inner)


@pytest.mark.parametrize("rule", BOOK.values(), ids=BOOK)
def test_a_rule_has_its_words(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]{3}\d{3}", rule.id)
    assert rule.family in FAMILIES
    assert all((rule.title, rule.hint, rule.reference))
    assert not rule.title.endswith(".")
    assert rule.divisions


@pytest.mark.parametrize("rule", BOOK.values(), ids=BOOK)
def test_a_rule_requires_rules_of_the_same_thing_or_what_contains_it(rule: Rule) -> None:
    assert rule.requires <= set(BOOK)
    assert all(_contains(BOOK[other].scope, rule.scope) for other in rule.requires)


FACTS = {
    Scope.TREE: "TreeFacts",
    Scope.SUBMITTER: "SubmitterFacts",
    Scope.SYSTEM: "SystemFacts",
    Scope.BENCHMARK: "BenchmarkFacts",
    Scope.RESULT: "ResultFacts",
    Scope.RUN: "RunFacts",
    Scope.WAIVERS: "tuple[Waiver, ...]",
}


@pytest.mark.parametrize("rule", BOOK.values(), ids=BOOK)
def test_the_test_of_a_rule_takes_the_facts_of_its_scope(rule: Rule) -> None:
    assert next(iter(rule.test.__annotations__.values())) == FACTS[rule.scope]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_the_rules_of_a_module_stand_in_the_order_of_their_ids(module: ModuleType) -> None:
    own = [rule for rule in vars(module).values() if isinstance(rule, Rule)]
    lines = {
        rule.id: rule.test.__code__.co_firstlineno
        for rule in own
        if rule.test.__module__ == module.__name__
    }
    assert sorted(lines) == sorted(lines, key=lines.__getitem__)


def test_a_retired_id_is_not_given_to_another_rule() -> None:
    assert not set(RETIRED) & set(BOOK)


def test_every_rule_has_a_bad_example() -> None:
    assert set().union(*(case.ids for case in BREAKS)) == set(BOOK)


def test_every_question_of_the_official_checker_and_of_the_written_rules_has_an_answer() -> None:
    assert named_rules() <= set(BOOK)
    for question, answer in (*OFFICIAL, *WRITTEN):
        assert answer.startswith((NOT_COVERED, BY_USAGE)) or set(answer.split()) <= set(BOOK), (
            question
        )


@pytest.mark.parametrize("rule", BOOK.values(), ids=BOOK)
def test_a_rule_can_be_quoted(rule: Rule) -> None:
    assert rule.reference.startswith(SOURCES)


def test_the_page_of_the_rules_is_current(
    repo: Path, matches_golden: Callable[[str, str], None]
) -> None:
    before = (repo / "RULES.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^(?:\| |- )([A-Z]{3}\d{3})", before, re.MULTILINE))
    assert known <= set(BOOK) | set(RETIRED), "a rule that is taken away goes to RETIRED"
    matches_golden("../../RULES.md", rules_page())


def test_the_page_has_one_line_for_each_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--rules-page"]) == 0
    printed = capsys.readouterr().out
    assert printed == rules_page()
    rows = [line for line in printed.splitlines() if re.match(r"\| [A-Z]{3}\d{3} \|", line)]
    assert sorted(row[2:8] for row in rows) == sorted(BOOK)
    assert all(row.count(" | ") == 6 for row in rows)


def test_a_retired_rule_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_text, "RETIRED", {"MEA099": "it asked for what nobody has"})
    with pytest.raises(UsageError, match="MEA099 is no rule any more") as raised:
        rule_text.explain("mea099")
    assert raised.value.detail == "it asked for what nobody has"


def test_a_family_is_explained_rule_by_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--explain", "log"]) == 0
    printed = capsys.readouterr().out
    family = [rule.id for rule in BOOK.values() if rule.family == "LOG"]
    assert len(family) > 5
    assert all(f"\n{rule_id} " in f"\n{printed}" for rule_id in family)
