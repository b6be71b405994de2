"""Where only one of two trees has valid results: which, and whether by more than waivers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from submission.checks import Result, Verdict
from submission.checks.results import OfficialVerdict
from submission.report.facts import Entry, waived_rules
from submission.wording import counted, listed_words


class Better(StrEnum):
    """Which tree has the better figure."""

    A = "A"
    B = "B"
    SAME = "same"


@dataclass(frozen=True, kw_only=True)
class Unmatched:
    """Scenarios of a benchmark in which only one tree, or neither, has a valid result.

    ``waived`` are the rules that all results of ``tree`` break and that waivers accept there,
    ``waivers`` where those come from; ``broken`` are the rules that reject the other tree's.
    ``official`` says what the official checker does.
    """

    benchmark: str
    tree: Better | None
    scenarios: tuple[str, ...]
    waived: tuple[str, ...] = ()
    waivers: str = ""
    broken: tuple[str, ...] = ()
    official: str = ""

    @property
    def better(self) -> Better | None:
        """The tree that has something the other lacks; None where it has waivers alone."""
        return None if self.waived else self.tree

    def __str__(self) -> str:
        where = listed_words(self.scenarios)
        if self.tree is None:
            return f"{self.benchmark}: neither has a valid result in {where}."
        if not self.waived:
            return f"{self.benchmark}: only {self.tree} has valid results in {where}."
        other = Better.B if self.tree is Better.A else Better.A
        by = f" ({self.waivers})" if self.waivers else ""
        rules = counted(len(self.waived), "rule")
        if self.waived == self.broken:
            words = (
                f"in {where} A and B break the same {rules} ({', '.join(self.waived)}). "
                f"{self.tree} counts as valid only since waivers{by} accept them there; "
                f"for {other} no waiver is known."
            )
        else:
            why = f" ({', '.join(self.broken)})" if self.broken else ""
            words = (
                f"in {where} {self.tree} is valid only by waivers{by} of {rules} "
                f"({', '.join(self.waived)}); {other} has no valid result{why}."
            )
        return f"{self.benchmark}: {words} {self.official}"


def counts(result: Result | None) -> bool:
    """Whether a result is valid by the rules, and was measured."""
    if result is None or result.verdict is not Verdict.VALID:
        return False
    return bool(result.value) and not result.inferred


def unmatched(
    benchmark: str,
    tree: Better | None,
    scenarios: tuple[str, ...],
    own: Sequence[Entry],
    other: Sequence[Entry],
) -> Unmatched:
    """Says why a benchmark's results are not compared in some scenarios.

    ``own`` are the models of ``tree``, ``other`` those of the other one.
    """
    valid = [e for e in own if any(counts(e.results.get(s)) for s in scenarios)]
    waived = [waived_rules(e.tree.report, r) for e in valid for r in _results(e, scenarios)]
    found = Unmatched(benchmark=benchmark, tree=tree, scenarios=scenarios)
    if tree is None or not all(waived):
        return found
    refused = [r for e in other for r in _results(e, scenarios)]
    return replace(
        found,
        waived=tuple(sorted({rule for rules in waived for rule in rules})),
        waivers=valid[0].tree.waivers,
        broken=tuple(sorted({rule for result in refused for rule in result.reasons})),
        official=_official([r for e in valid for r in _results(e, scenarios)], tree, refused),
    )


def _results(entry: Entry, scenarios: Iterable[str]) -> list[Result]:
    return [entry.results[scenario] for scenario in scenarios if scenario in entry.results]


def _official(own: Iterable[Result], tree: Better, others: Iterable[Result]) -> str:
    """Whose of these results the official checker would list."""
    listed = [any(r.official is OfficialVerdict.OK for r in each) for each in (own, others)]
    other = Better.B if tree is Better.A else Better.A
    who = {
        (True, True): "results of both trees",
        (True, False): f"{tree}'s results alone",
        (False, True): f"{other}'s results alone",
        (False, False): "neither's results",
    }[listed[0], listed[1]]
    return f"The official checker would list {who}."
