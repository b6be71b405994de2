"""The report for a terminal: findings sorted by place, then the results with both verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from submission.checks.findings import Finding
from submission.checks.model import Severity
from submission.checks.results import OfficialVerdict, Report, Result, Verdict

SHOWN_IN_FULL = 5
"""Of warnings of one rule, so many are shown in full unless all are asked for."""


def render_text(report: Report, *, everything: bool = False, quiet: bool = False) -> str:
    """The whole report; ``quiet`` leaves only the last line, ``everything`` shows notes too."""
    lines: list[str] = []
    if not quiet:
        lines += _findings(report, everything=everything)
        lines += _waived(report)
        lines += _results(report)
    lines.append(verdict_line(report))
    return "\n".join(lines) + "\n"


def verdict_line(report: Report) -> str:
    """PASSED or FAILED, and the counts."""
    valid = sum(result.verdict is Verdict.VALID for result in report.results)
    counts = ", ".join(f"{len(report.of(s))} {s}s" for s in Severity)
    waived = sum(finding.waived is not None for finding in report.findings)
    words = "PASSED" if report.passed else "FAILED"
    if not report.results:
        words = "NO RESULTS"
    extra = f", {waived} waived" if waived else ""
    return f"{words}: {valid} of {len(report.results)} results valid; {counts}{extra}"


def finding_lines(finding: Finding) -> list[str]:
    """One finding: place, title, what was found, which rule, what to do."""
    place = finding.path or "."
    place += f":{finding.line}" if finding.line is not None else ""
    key = f" ({finding.key})" if finding.key else ""
    rule = finding.definition
    return [
        f"{place}: {rule.severity}[{rule.id}] {rule.title}{key}",
        f"  found {finding.found}, expected {finding.expected}",
        f"  rule: {rule.reference}",
        f"  fix:  {rule.hint}",
    ]


def _findings(report: Report, *, everything: bool) -> Iterator[str]:
    seen: Counter[str] = Counter()
    for finding in report.findings:
        if finding.waived is not None:
            continue
        seen[finding.rule] += 1
        short = finding.severity is not Severity.ERROR and not everything
        if short and (seen[finding.rule] > SHOWN_IN_FULL or finding.severity is Severity.NOTE):
            continue
        yield from finding_lines(finding)
    if not everything:
        yield from _left_out(report, seen)


def _left_out(report: Report, seen: Counter[str]) -> Iterator[str]:
    rules = {finding.rule: finding.definition for finding in report.findings}
    for rule_id, count in sorted(seen.items()):
        rule = rules[rule_id]
        if rule.severity is Severity.NOTE:
            yield f"note[{rule_id}] {rule.title} (x{count})"
        elif rule.severity is Severity.WARNING and count > SHOWN_IN_FULL:
            yield f"warning[{rule_id}] {rule.title} (x{count - SHOWN_IN_FULL} more)"


def _waived(report: Report) -> Iterator[str]:
    groups = Counter(
        (finding.rule, finding.definition.title, finding.waived)
        for finding in report.findings
        if finding.waived is not None
    )
    for (rule, title, reason), count in sorted(groups.items(), key=str):
        yield f"waived[{rule}] {title} (x{count}): {reason}"


def _results(report: Report) -> Iterator[str]:
    for result in report.results:
        yield result_line(result)


def result_line(result: Result) -> str:
    """One result: verdict, place, value, accuracy, and where the official verdict differs."""
    value = "no value" if result.value is None else f"{result.value:.10g} {result.unit}"
    power = f", {result.power:.6g} {result.power_unit}" if result.power is not None else ""
    accuracy = f", accuracy {result.accuracy}" if result.accuracy is not None else ""
    inferred = ", inferred" if result.inferred else ""
    line = f"{result.verdict:<7} {result.path}: {value}{power}{accuracy}{inferred}"
    return line + difference(result)


def difference(result: Result) -> str:
    """How the two verdicts differ, in words; empty where they agree."""
    accepted = result.official is OfficialVerdict.OK
    if result.verdict is Verdict.INVALID:
        rules = ", ".join(result.reasons)
        if accepted:
            return f"\n        passes the official checker; the rules reject it: {rules}"
        return f"\n        rejected by: {rules}"
    if accepted:
        return ""
    stops = "stops at it" if result.official is OfficialVerdict.CRASH else "refuses it"
    return f"\n        valid by the rules; the official checker {stops}: {result.official_reason}"


def render_official(report: Report, *, quiet: bool = False) -> str:
    """What the official checker would list and refuse, and where it would stop."""
    lines: list[str] = []
    said = report.official
    if not quiet:
        lines += [
            f"Results {result.path} {result.official_value}"
            for result in report.results
            if result.official is OfficialVerdict.OK
        ]
        lines += [f"NoResults {path} ({why})" for path, why in said.refused]
        lines += _differences(report)
    if said.crash is not None:
        lines.append(f"CRASH: the official checker stops with a traceback: {said.crash}")
    lines.append(f"Results={said.results}, NoResults={len(said.refused)}")
    good = said.exit_code == 0
    lines.append(f"OFFICIAL: submission {'looks OK' if good else 'has errors'}")
    return "\n".join(lines) + "\n"


def _differences(report: Report) -> Iterator[str]:
    for result in report.results:
        if (result.verdict is Verdict.VALID) is not (result.official is OfficialVerdict.OK):
            yield f"{result.path}:{difference(result)}"
