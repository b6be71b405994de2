"""``--diff``: what a resubmission changed, for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from submission.checks.comparison import Changed, compare
from submission.checks.findings import Finding
from submission.checks.model import Severity
from submission.checks.reports.text import finding_place, value_words
from submission.checks.results import Report, Result

PERCENT = 100.0
# warnings of a rule that are shown one by one
SHOWN_IN_FULL = 5


def render_diff(old: Report, new: Report) -> str:
    """Results that came, went and changed, with the change in percent; findings new and gone."""
    found = compare(old, new)
    lines = [f"came     {_shown(result)}" for result in found.came]
    lines += [f"went     {_shown(result)}" for result in found.went]
    lines += [f"changed  {_change(pair)}" for pair in found.changed]
    lines += _findings("new", found.new)
    lines += _findings("gone", found.gone)
    if old.round != new.round:
        lines.append(f"round    {old.round} -> {new.round}")
    counts = (
        f"{len(found.came)} came, {len(found.went)} went, {len(found.changed)} changed, "
        f"{found.unchanged} as before"
    )
    errors = (_errors(found.new), _errors(found.gone))
    lines.append(f"DIFF: results: {counts}; errors: {errors[0]} new, {errors[1]} gone")
    return "\n".join(lines) + "\n"


def _shown(result: Result) -> str:
    accuracy = f", accuracy {result.accuracy}" if result.accuracy is not None else ""
    return f"{result.path}: {result.verdict}, {value_words(result)}{accuracy}"


def _change(pair: Changed) -> str:
    old, new = pair.old, pair.new
    parts = []
    if (old.value, old.unit) != (new.value, new.unit):
        percent = "" if pair.ratio is None else f" ({(pair.ratio - 1) * PERCENT:+.2f} %)"
        parts.append(f"{value_words(old)} -> {value_words(new)}{percent}")
    for name, before, after in (
        ("accuracy", old.accuracy, new.accuracy),
        ("power", old.power, new.power),
        ("verdict", old.verdict, new.verdict),
        ("official checker", old.official, new.official),
    ):
        if before != after:
            parts.append(f"{name} {_word(before)} -> {_word(after)}")
    return f"{new.path}: {', '.join(parts)}"


def _word(value: object) -> str:
    return "none" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _findings(kind: str, findings: Iterable[Finding]) -> Iterator[str]:
    """Errors one by one, the first warnings of a rule, the rest by rule."""
    seen: Counter[tuple[str, str]] = Counter()
    for finding in findings:
        waived = finding.waived is not None
        weight = "waived" if waived else str(finding.severity)
        seen[finding.rule, weight] += 1
        few = seen[finding.rule, weight] <= SHOWN_IN_FULL and finding.severity is Severity.WARNING
        if finding.rejects or (few and not waived):
            yield (
                f"{kind:<8} {weight}[{finding.rule}] {finding_place(finding)}: "
                f"found {finding.found}, expected {finding.expected}"
            )
        else:
            seen[finding.rule, f"{weight}, more"] += 1
    for (rule, weight), count in sorted(seen.items()):
        if weight.endswith(", more"):
            yield f"{kind:<8} {weight.removesuffix(', more')}[{rule}] (x{count})"


def _errors(findings: Iterable[Finding]) -> int:
    return sum(finding.rejects for finding in findings)
