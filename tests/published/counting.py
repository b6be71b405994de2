"""On how many published results each rule was tried, and each relation on how many logs.

``python -m tests.published.counting SHARED/published`` counts once more and writes the file that
the pages show (``submission/checks/tried.json``).
"""

import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

from submission.checks.book import rules_of
from submission.checks.facts import BenchmarkFacts, SubmitterFacts, SystemFacts
from submission.checks.model import Breach, Rule, Scope
from submission.checks.relations import RELATIONS, LogFigures, RunPart
from submission.checks.result_facts import ResultFacts, RunFacts
from submission.checks.results import Report
from submission.checks.tree import check_tree
from submission.checks.tried import TRIED_FILE, name_of
from submission.loadgen import DetailLog
from submission.policy import Policy
from submission.tree import archive

TREES = ("v3.0", *(f"rounds/{v}" for v in ("v2.0", "v2.1", "v3.0", "v4.1", "v5.1", "v6.0")))
"""The published trees by their folder: the fifteen of v3.0, and those of each round."""

ONCE_A_RUN = "LOG003"
"""The rule at which the relations of a run are tried."""

OF_RELATIONS = {one.rule for one in RELATIONS.every}
KEY = re.compile(rb'^:::MLLOG \{"key": "([^"]{1,100})"', re.MULTILINE)
NAME = re.compile(rb"^ *([A-Za-z0-9_./()' %-]{1,60}?) *:(?: |$)", re.MULTILINE)


@dataclass
class Tally:
    """What was tried while a tree was checked."""

    asked: dict[str, set[str]] = field(default_factory=dict)
    relations: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)

    def ask(self, rule: Rule, subject: Any, policy: Policy) -> None:
        """A rule is asked about a subject."""
        if rule.id == ONCE_A_RUN and isinstance(subject, RunFacts):
            self._relate(subject, policy)
        if has_something(rule, subject, policy):
            self.asked.setdefault(rule.id, set()).add(place_of(subject).casefold())

    def _relate(self, run: RunFacts, policy: Policy) -> None:
        if not isinstance(run.detail, DetailLog):
            return
        figures = LogFigures.of(run)
        for one in RELATIONS.every:
            if figures.scenario in one.scenarios and one.part in (RunPart.ANY, figures.part):
                expected = one.test(figures, policy)
                self.relations[name_of(one)] += expected is not None
                self.broken[name_of(one)] += bool(expected)

    def rules(self, report: Report) -> dict[str, int]:
        """Results by rule: those that a subject is, or contains."""
        paths = [f"{result.path}/".casefold() for result in report.results]
        return {
            rule: sum(not places.isdisjoint(starts(path)) for path in paths)
            for rule, places in self.asked.items()
        }


def starts(path: str) -> set[str]:
    """The folders that contain a folder, and itself, each with a slash at its end."""
    return {"", *(path[: end + 1] for end, sign in enumerate(path) if sign == "/")}


def has_something(rule: Rule, subject: Any, policy: Policy) -> bool:
    """Whether the facts are there that a rule is about.

    Power for the rules on power, a test for those on tests, the figures of a relation for those
    that relations make.
    """
    if rule.id in OF_RELATIONS and isinstance(subject, RunFacts):
        figures = LogFigures.of(subject)
        relations = RELATIONS.of(figures.scenario, figures.part).get(rule.id, ())
        return any(one.test(figures, policy) is not None for one in relations)
    if rule.family == "PWR":
        return bool(getattr(subject, "has_power", False) or getattr(subject, "power", None))
    if rule.family == "CMP" and isinstance(subject, ResultFacts):
        return bool(subject.compliance)
    return rule.family != "CMP" or bool(getattr(subject, "test", ""))


def place_of(subject: Any) -> str:
    """The beginning of the paths of all results that a subject is, or contains."""
    match subject:
        case ResultFacts():
            return f"{subject.path}/"
        case RunFacts():
            return f"{subject.benchmark.path}/{subject.scenario}/"
        case SystemFacts():
            return f"{subject.results_path}/"
        case BenchmarkFacts() | SubmitterFacts():
            return f"{subject.path}/"
    return ""


@contextmanager
def counting() -> Iterator[Tally]:
    """Count what is tried by checks in this process meanwhile."""
    tally = Tally()

    def counted(rule: Rule) -> Rule:
        def test(subject: Any, policy: Policy) -> Iterator[Breach]:
            tally.ask(rule, subject, policy)
            return rule.test(subject, policy)

        return replace(rule, test=test)

    def counted_rules(scope: Scope, chosen: Iterable[str]) -> tuple[Rule, ...]:
        return tuple(map(counted, rules_of(scope, chosen)))

    with mock.patch("submission.checks.engine.rules_of", counted_rules):
        yield tally


def names_in(root: Path) -> tuple[Counter[str], Counter[str], int]:
    """In how many logs each key stands, in how many summaries each name, and how many logs."""
    keys: Counter[str] = Counter()
    names: Counter[str] = Counter()
    logs = 0
    for path in root.rglob("mlperf_log_detail.txt"):
        logs += 1
        keys.update({found.decode() for found in KEY.findall(path.read_bytes())})
    for path in root.rglob("mlperf_log_summary.txt"):
        found = NAME.findall(path.read_bytes()[:100_000])
        names.update({name.decode() for name in found})
    return keys, names, logs


def counts_of(root: Path, version: str) -> dict[str, Any]:
    """What stands in the file for one tree."""
    with counting() as tally:
        report = check_tree(root, version=version, jobs=1)
    return counts(tally, report, root)


def counts(tally: Tally, report: Report, root: Path) -> dict[str, Any]:
    """What stands in the file for a tree that was checked."""
    keys, names, logs = names_in(root)
    return {
        "results": len(report.results),
        "logs": logs,
        "rules": {rule: n for rule, n in tally.rules(report).items() if n},
        "relations": {name: n for name, n in tally.relations.items() if n},
        "broken": {name: n for name, n in tally.broken.items() if n},
        "keys": dict(keys),
        "names": dict(names),
    }


def written(by_tree: dict[str, dict[str, Any]]) -> str:
    """The file: for each figure a list with a number for each tree."""
    trees = list(by_tree)
    value: dict[str, Any] = {"trees": trees}
    for part in ("results", "logs"):
        value[part] = [by_tree[tree][part] for tree in trees]
    for part in ("rules", "relations", "broken", "keys", "names"):
        known = sorted({name for tree in trees for name in by_tree[tree][part]})
        value[part] = {name: [by_tree[tree][part].get(name, 0) for tree in trees] for name in known}
    lines = json.dumps(value, indent=1)
    return re.sub(r"\[[^\[\]{}]*\]", lambda found: " ".join(found[0].split()), lines) + "\n"


def counted(tree: str) -> dict[str, Any]:
    """What the file says of one tree, in the form of ``counts``."""
    value = json.loads(TRIED_FILE.read_text(encoding="utf-8"))
    place = value["trees"].index(tree)
    return {
        part: found[place]
        if isinstance(found, list)
        else {name: numbers[place] for name, numbers in found.items() if numbers[place]}
        for part, found in value.items()
        if part != "trees"
    }


def unpack(published: Path, tree: str, root: Path) -> None:
    """The archives of a published tree, below ``root``."""
    version = tree.rpartition("/")[2]
    folder = published / tree.rpartition("/")[0]
    for packed in sorted(folder.glob(f"{version}_*.tar.xz")):
        archive.unpack(packed, root)


def main(published: Path) -> None:
    """Count everything, and write the file."""
    by_tree = {}
    for tree in TREES:
        with tempfile.TemporaryDirectory() as folder:
            unpack(published, tree, Path(folder))
            by_tree[tree] = counts_of(Path(folder), tree.rpartition("/")[2])
    TRIED_FILE.write_text(written(by_tree), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
