"""Results with both verdicts, and the report of a whole check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from submission.checks.findings import Finding
from submission.checks.model import Severity


class Verdict(StrEnum):
    """The verdict of the rules on a result."""

    VALID = "valid"
    INVALID = "invalid"


class OfficialVerdict(StrEnum):
    """The verdict of the official checker on a result."""

    OK = "ok"
    REFUSED = "refused"
    CRASH = "crash"


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """One result folder and both verdicts on it.

    ``value`` is in ``unit`` (samples or queries per second, milliseconds), ``power`` in
    ``power_unit``; both are None where the logs do not give them. ``reasons`` are the ids of the
    rules that reject the result. ``official_value`` is the text that the official checker prints
    behind ``official_path``, ``official_rows`` its CSV rows; ``rows`` are those by the rules.
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
    official_path: str
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
    """How the official checker ends: its NoResults lines, its crash, its exit code."""

    refused: tuple[tuple[str, str], ...]
    crash: str | None
    results: int
    exit_code: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """The outcome of a check; findings and results are sorted by path.

    ``skipped`` counts, by rule, how often it was left out because one that it requires does not
    hold; ``ignored`` are the rules that are left out as asked. With ``strict``, warnings
    reject as well.
    """

    round: str
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]
    official: OfficialSummary
    skipped: Mapping[str, int] = field(default_factory=dict)
    strict: bool = False
    ignored: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether there is a result and nothing rejects; an empty tree does not pass."""
        if self.strict and self.of(Severity.WARNING):
            return False
        return bool(self.results) and not any(finding.rejects for finding in self.findings)

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of a severity that are not waived."""
        return tuple(f for f in self.findings if f.severity is severity and f.waived is None)
