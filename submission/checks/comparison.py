"""What a resubmission changed: two reports, result by result and finding by finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from submission.checks.findings import Finding
from submission.checks.results import Report, Result


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A result of both reports whose value, accuracy, power or verdict differs."""

    old: Result
    new: Result

    @property
    def ratio(self) -> float | None:
        """New value over old value; None where one is missing or the old one is zero."""
        if self.old.value is None or self.new.value is None or not self.old.value:
            return None
        return self.new.value / self.old.value


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Results that came, went or changed, the count of the others, and findings new and gone.

    A finding is the same if rule, path and key are; how often each occurs is compared.
    """

    came: tuple[Result, ...]
    went: tuple[Result, ...]
    changed: tuple[Changed, ...]
    unchanged: int
    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]


def compare(old: Report, new: Report) -> Comparison:
    """The differences; results are matched by path."""
    before = {result.path: result for result in old.results}
    after = {result.path: result for result in new.results}
    both = [Changed(old=before[path], new=after[path]) for path in after if path in before]
    changed = tuple(pair for pair in both if _figures(pair.old) != _figures(pair.new))
    return Comparison(
        came=tuple(result for path, result in after.items() if path not in before),
        went=tuple(result for path, result in before.items() if path not in after),
        changed=changed,
        unchanged=len(both) - len(changed),
        new=_without(new.findings, old.findings),
        gone=_without(old.findings, new.findings),
    )


def _figures(result: Result) -> tuple[object, ...]:
    return (
        result.value,
        result.unit,
        result.accuracy,
        result.power,
        result.verdict,
        result.official,
    )


def _without(findings: Iterable[Finding], others: Iterable[Finding]) -> tuple[Finding, ...]:
    left = Counter(_identity(finding) for finding in others)
    kept = []
    for finding in findings:
        identity = _identity(finding)
        if left[identity]:
            left[identity] -= 1
        else:
            kept.append(finding)
    return tuple(kept)


def _identity(finding: Finding) -> tuple[str, str, str | None, bool]:
    return finding.rule, finding.path, finding.key, finding.waived is not None
