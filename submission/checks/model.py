"""What a rule is, what a breach of it is, and what a report says."""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from submission.policy import Policy


class Severity(StrEnum):
    """How much a finding weighs: an error rejects, a warning asks, a note tells."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Scope(StrEnum):
    """What a rule looks at."""

    TREE = "tree"
    SUBMITTER = "submitter"
    SYSTEM = "system"
    BENCHMARK = "benchmark"
    RESULT = "result"
    RUN = "run"
    WAIVERS = "list of waivers"


class Counterpart(StrEnum):
    """What the official checker of the round does about a breach of the rule."""

    REFUSES = "refuses"
    LOGS_ONLY = "logs only"
    WARNS = "warns"
    SILENT = "silent"
    CRASHES = "crashes"


EVERYWHERE = frozenset({"closed", "network", "open"})
CLOSED = frozenset({"closed", "network"})
OPEN = frozenset({"open"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Breach:
    """One place where a rule is broken; ``at`` is a path relative to the input.

    ``mirrors`` is the key of another file that this one repeats: where an error tells of that key,
    or is ``about`` it among others, the same cause is not told a second time.
    """

    at: str
    found: str
    expected: str
    line: int | None = None
    key: str | None = None
    mirrors: str | None = None
    about: tuple[str, ...] = ()


Test = Callable[[Any, Policy], Iterator[Breach]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of the book; made by the decorator ``rule`` on its test.

    ``test`` takes the facts of the rule's scope and the policy of the round, reads no file, and
    yields a Breach for each place where the rule is broken. ``requires`` names rules of the same
    thing or of what contains it: where one of those is broken this one is skipped, so that one
    cause is reported once. ``official`` is what the official checker does about the same fault.
    ``ranging`` rules also look at the run in which the power analyzer finds its range.
    """

    id: str
    title: str
    scope: Scope
    reference: str
    hint: str
    test: Test
    severity: Severity = Severity.ERROR
    requires: frozenset[str] = frozenset()
    divisions: frozenset[str] = EVERYWHERE
    official: Counterpart = Counterpart.SILENT
    ranging: bool = False

    def holds(self, facts: Any, policy: Policy) -> bool:
        """Whether the test finds nothing."""
        return next(self.test(facts, policy), None) is None


def rule(
    *,
    id: str,  # noqa: A002 - what a rule's number is called everywhere
    title: str,
    scope: Scope,
    reference: str,
    hint: str,
    severity: Severity = Severity.ERROR,
    requires: AbstractSet[str] = frozenset(),
    divisions: frozenset[str] = EVERYWHERE,
    official: Counterpart = Counterpart.SILENT,
    ranging: bool = False,
) -> Callable[[Test], Rule]:
    """Make a Rule of the test below; see Rule for the arguments."""

    def decorate(test: Test) -> Rule:
        return Rule(
            id=id,
            title=title,
            scope=scope,
            reference=reference,
            hint=hint,
            test=test,
            severity=severity,
            requires=frozenset(requires),
            divisions=divisions,
            official=official,
            ranging=ranging,
        )

    return decorate


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A breach with the words of its rule; ``waived`` is the reason of a waiver, or None."""

    rule: str
    severity: Severity
    title: str
    path: str
    line: int | None
    key: str | None
    found: str
    expected: str
    hint: str
    reference: str
    waived: str | None = None
    mirrors: str | None = None
    about: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[Callable[..., Finding], tuple[Any, ...]]:
        """What another process needs to make it; texts that many findings share stay shared."""
        return _shared_finding, tuple(getattr(self, name) for name in Finding.__slots__)

    @property
    def rejects(self) -> bool:
        """Whether this finding makes the verdict bad."""
        return self.severity is Severity.ERROR and self.waived is None

    def place(self) -> tuple[str, int, str, str, str, str]:
        """The order of findings in every output."""
        return (
            self.path,
            self.line or 0,
            self.rule,
            self.key or "",
            self.found,
            self.expected,
        )


def _shared_finding(*values: Any) -> Finding:
    words: Iterator[Any] = (sys.intern(value) if type(value) is str else value for value in values)
    return Finding(**dict(zip(Finding.__slots__, words, strict=True)))


@dataclass(frozen=True, kw_only=True, order=True)
class Waiver:
    """A rule that may be broken below paths that match a pattern (``*`` crosses slashes)."""

    rule: str
    path: str
    reason: str

    def covers(self, path: str) -> bool:
        """Whether a finding at that path is waived."""
        return fnmatch.fnmatchcase(path, self.path)


class Verdict(StrEnum):
    """What the rules say of a result."""

    VALID = "valid"
    INVALID = "invalid"


class OfficialVerdict(StrEnum):
    """What the official checker says of a result."""

    OK = "ok"
    REFUSED = "refused"
    CRASH = "crash"


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """One result folder and both verdicts.

    ``value`` is in ``unit`` (samples or queries a second, milliseconds), ``power`` in
    ``power_unit``; both are None where the logs do not tell. ``official_value`` is the text that
    the official checker prints, ``official_rows`` its CSV rows; ``rows`` are those that the rules
    would give.
    """

    path: str
    division: str
    submitter: str
    system: str
    benchmark: str
    mlperf_model: str
    scenario: str
    verdict: Verdict
    official: OfficialVerdict
    official_reason: str | None
    official_value: str | None
    value: float | None
    unit: str | None
    accuracy: str | None
    power: float | None = None
    power_unit: str | None = None
    inferred: bool = False
    reasons: tuple[str, ...] = ()
    official_rows: tuple[tuple[str, ...], ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class OfficialSummary:
    """The official checker's own end: NoResults lines, a crash, and its exit code."""

    refused: tuple[tuple[str, str], ...]
    crash: str | None
    results: int
    exit_code: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that became of the rules.

    ``passed`` is true only if there is a result and no finding rejects; ``strict`` makes warnings
    reject as well.
    """

    round: str
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]
    official: OfficialSummary
    skipped: Mapping[str, int] = field(default_factory=dict)
    strict: bool = False

    @property
    def passed(self) -> bool:
        """The verdict of the rules."""
        if self.strict and self.of(Severity.WARNING):
            return False
        return bool(self.results) and not any(finding.rejects for finding in self.findings)

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of a severity that no waiver covers."""
        return tuple(f for f in self.findings if f.severity is severity and f.waived is None)
