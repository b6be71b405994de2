"""What a relation is: figures of a detail log that follow from each other by LoadGen's sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from submission.checks.arithmetic import measured_duration_ms
from submission.checks.model import Breach
from submission.checks.result_facts import RunFacts
from submission.checks.rules.places import at
from submission.loadgen import DetailLog
from submission.policy import BenchmarkTerms, Policy
from submission.terms import Mode, Scenario

HOLDS = ""
LARGEST = 1 << 64
"""LoadGen's counts and times are whole numbers of 64 bits; a larger figure is none of its own."""

Test = Callable[["LogFigures", Policy], str | None]
Ladder = list[tuple[str, int, int]]
"""Key, place and latency, from the least to the greatest."""


class RunPart(StrEnum):
    """Which runs a relation is about."""

    ANY = "every run"
    PERFORMANCE = "performance runs"
    ACCURACY = "accuracy runs"


@dataclass(frozen=True, kw_only=True)
class Relation:
    """LogFigures that follow from each other.

    The first of ``keys`` follows from the others as ``words`` say. ``test`` gives None where the
    log lacks what it takes, ``HOLDS``, or what is expected of the first key in words. ``rule`` is
    the rule that reports a breach. ``quick`` says that the first two keys are equal, or that the
    first is at least the second, where both are as they should be: ``test`` is then not needed.
    """

    keys: tuple[str, ...]
    words: str
    rule: str
    scenarios: frozenset[Scenario]
    part: RunPart
    test: Test
    quick: Quick | None = None


class Quick(StrEnum):
    """A comparison of two figures that most logs pass; where one is missing it does not hold."""

    EQUAL = "="
    AT_LEAST = ">="


def relation(
    *keys: str,
    words: str,
    rule: str,
    scenarios: Iterable[Scenario] = tuple(Scenario),
    part: RunPart = RunPart.PERFORMANCE,
    quick: Quick | None = None,
) -> Callable[[Test], Relation]:
    """Make a Relation of the test below; see Relation for the arguments."""

    def decorate(test: Test) -> Relation:
        return Relation(
            keys=keys,
            words=words,
            rule=rule,
            scenarios=frozenset(scenarios),
            part=part,
            test=test,
            quick=quick,
        )

    return decorate


_MISSING = object()
ByRule = Mapping[str, tuple[Relation, ...]]


class Relations:
    """Relations by rule and by the runs that they are about."""

    def __init__(self, every: Iterable[Relation]) -> None:
        self.every = tuple(every)
        self._found: dict[tuple[Scenario | None, RunPart | None], ByRule] = {}
        self._last: tuple[RunFacts, LogFigures, ByRule] | None = None

    def of(self, scenario: Scenario | None, part: RunPart | None) -> ByRule:
        """The relations that hold for a run, by rule; none where it is of no known kind."""
        key = scenario, part
        if key not in self._found:
            found: dict[str, list[Relation]] = {}
            for one in self.every:
                if scenario in one.scenarios and one.part in (RunPart.ANY, part):
                    found.setdefault(one.rule, []).append(one)
            self._found[key] = {rule: tuple(those) for rule, those in found.items()}
        return self._found[key]

    def broken(self, rule: str, run: RunFacts, policy: Policy) -> Iterator[Breach]:
        """A breach for each relation of a rule that a run breaks."""
        if self._last is None or self._last[0] is not run:
            figures = LogFigures.of(run)
            self._last = run, figures, self.of(figures.scenario, figures.part)
        _, figures, by_rule = self._last
        if rule not in by_rule:
            return iter(())
        return self._broken(by_rule[rule], run, figures, policy)

    @staticmethod
    def _broken(
        relations: Iterable[Relation], run: RunFacts, figures: LogFigures, policy: Policy
    ) -> Iterator[Breach]:
        values = figures.values
        for one in relations:
            if one.quick is not None and _passes(one, values):
                continue
            expected = one.test(figures, policy)
            if expected:
                yield at(run, one.keys[0], expected=expected, about=one.keys)


def _passes(one: Relation, values: Mapping[str, Any]) -> bool:
    """Whether two numbers, texts or truth values compare as they should, or one is missing."""
    first = values.get(one.keys[0], _MISSING)
    if first is _MISSING:
        return True
    second = values.get(one.keys[1], _MISSING)
    if second is _MISSING:
        return True
    if one.quick is Quick.EQUAL:
        return first is not None and bool(first == second)
    return type(first) is int and type(second) is int and first >= second


@dataclass(frozen=True, kw_only=True, slots=True)
class LogFigures:
    """A log as relations need it; ``part`` is None for a mode that neither measures nor scores.

    ``span_ms`` is from ``power_begin`` to ``power_end``, None where they do not say; ``terms`` are
    those of the benchmark. ``ladders`` keeps what several relations of the run ask for.
    """

    log: DetailLog
    values: Mapping[str, Any]
    scenario: Scenario | None
    part: RunPart | None
    terms: BenchmarkTerms | None
    span_ms: float | None
    ladders: dict[tuple[tuple[str, str], float], Ladder | None] = field(
        default_factory=dict, compare=False
    )

    @classmethod
    def of(cls, run: RunFacts) -> LogFigures:
        """Those of a run whose log can be read."""
        log = run.log
        span_ms = measured_duration_ms(log)
        return cls(
            log=log,
            values=log.values,
            scenario=run.logged_scenario,
            part=_PARTS.get(log.text("effective_test_mode") or ""),
            terms=run.benchmark.terms,
            span_ms=span_ms if span_ms is not None and span_ms > 0 else None,
        )


_PARTS = {Mode.PERFORMANCE.loadgen: RunPart.PERFORMANCE, Mode.ACCURACY.loadgen: RunPart.ACCURACY}


def numbers(run: LogFigures, *keys: str) -> list[int | float] | None:
    """The figures under these keys; None where one of them is missing or is no figure."""
    found: list[int | float] = []
    values = run.values
    for key in keys:
        value = values.get(key)
        if (type(value) is int or type(value) is float) and -LARGEST < value < LARGEST:
            found.append(value)
            continue
        return None
    return found
