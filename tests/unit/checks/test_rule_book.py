"""The registry: every rule has its words, sound requirements, a bad example, and its page."""

import re
from pathlib import Path
from types import ModuleType

import pytest

from submission.checks.book import BOOK, MODULES, RETIRED
from submission.checks.model import Rule, Scope
from tests.tree.coverage import named_rules
from tests.tree.rules_page import rules_page
from tests.tree.table import BREAKS

INSIDE = (Scope.SUBMITTER, Scope.SYSTEM, Scope.BENCHMARK, Scope.RESULT)
"""Each of these contains the next; a run is apart, so that no fault of it hides one of a result."""


def _contains(outer: Scope, inner: Scope) -> bool:
    if outer is inner:
        return True
    chain = (*INSIDE[:-1], inner) if inner is Scope.RUN else INSIDE
    return outer in chain and inner in chain and chain.index(outer) < chain.index(inner)


@pytest.mark.parametrize("rule", BOOK.values(), ids=BOOK)
def test_a_rule_has_its_words(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]{3}\d{3}", rule.id)
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


def test_every_rule_answers_a_question_of_the_official_checker_or_of_the_written_rules() -> None:
    own = {"MEA004", "MEA020", "MEA021", "MEA022", "WAV001", "LOG008", "PRF013", "PRF014", "PRF020"}
    own |= {"CMP008", "CMP009", "CMP010", "CMP014", "CMP015"}
    assert named_rules() | own == set(BOOK)


def test_the_page_of_the_rules_is_current(
    repo: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    page = rules_page(tmp_path)
    path = repo / "RULES.md"
    if request.config.getoption("--golden"):
        path.write_text(page, encoding="utf-8")
    assert page == path.read_text(encoding="utf-8"), "`make golden` if the change is wanted"
