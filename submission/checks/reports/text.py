"""The report for a terminal: findings by path, then the results with both verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from submission.checks.findings import Finding
from submission.checks.model import Severity
from submission.checks.results import OfficialVerdict, Report, Result, Verdict

SHOWN_IN_FULL = 5
"""At most this many warnings of a rule are shown in full, unless all are asked for."""


def render_text(report: Report, *, everything: bool = False, quiet: bool = False) -> str:
    """The report; with ``quiet`` the last line only, with ``everything`` all warnings and notes."""
    lines: list[str] = []
    if not quiet:
        lines += _findings(report, everything=everything)
        lines += _waived(report)
        lines += _results(report)
    lines.append(verdict_line(report))
    return "\n".join(lines) + "\n"


def verdict_line(report: Report) -> str:
    """The last line: PASSED, FAILED or NO RESULTS, and the counts."""
    valid = sum(result.verdict is Verdict.VALID for result in report.results)
    counts = ", ".join(f"{len(report.of(s))} {s}s" for s in Severity)
    waived = sum(finding.waived is not None for finding in report.findings)
    verdict = "PASSED" if report.passed else "FAILED"
    if not report.results:
        verdict = "NO RESULTS"
    extra = f", {waived} waived" if waived else ""
    return f"{verdict}: {valid} of {len(report.results)} results valid; {counts}{extra}"


def finding_lines(finding: Finding) -> list[str]:
    """A finding in full: path, title, what was found, the rule, how to fix it."""
    place = finding_place(finding)
    key = f" ({finding.key})" if finding.key else ""
    rule = finding.definition
    return [
        f"{place}: {rule.severity}[{rule.id}] {rule.title}{key}",
        f"  found {finding.found}, expected {finding.expected}",
        f"  rule: {rule.reference}",
        f"  fix:  {rule.hint}",
    ]


def finding_place(finding: Finding) -> str:
    """The path of a finding, with the line where there is one."""
    return f"{finding.path or '.'}{f':{finding.line}' if finding.line is not None else ''}"


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
    """A result: verdict, path, value, accuracy, and why it is rejected or the verdicts differ."""
    value = "no value" if result.value is None else f"{result.value:.10g} {result.unit}"
    power = f", {result.power:.6g} {result.power_unit}" if result.power is not None else ""
    accuracy = f", accuracy {result.accuracy}" if result.accuracy is not None else ""
    inferred = ", inferred" if result.inferred else ""
    line = f"{result.verdict:<7} {result.path}: {value}{power}{accuracy}{inferred}"
    return line + difference(result)


def difference(result: Result) -> str:
    """Why the rules reject a result, or where the official verdict differs; else empty."""
    accepted = result.official is OfficialVerdict.OK
    if result.verdict is Verdict.INVALID:
        rules = ", ".join(result.reasons)
        if accepted:
            return f"\n        passes the official checker; the rules reject it: {rules}"
        return f"\n        rejected by: {rules}"
    if accepted:
        return ""
    stops = "crashes on it" if result.official is OfficialVerdict.CRASH else "refuses it"
    return f"\n        valid by the rules; the official checker {stops}: {result.official_reason}"


def render_official(report: Report, *, quiet: bool = False) -> str:
    """What the official checker would list and refuse, and where it would crash."""
    lines: list[str] = []
    official = report.official
    if not quiet:
        lines += [
            f"Results {result.official_path} {result.official_value}"
            for result in report.results
            if result.official is OfficialVerdict.OK
        ]
        lines += [f"NoResults {path} ({why})" for path, why in official.refused]
        lines += _differences(report)
    if official.crash is not None:
        lines.append(f"CRASH: the official checker stops with a traceback: {official.crash}")
    lines.append(f"Results={official.results}, NoResults={len(official.refused)}")
    good = official.exit_code == 0
    lines.append(f"OFFICIAL: submission {'looks OK' if good else 'has errors'}")
    return "\n".join(lines) + "\n"


def _differences(report: Report) -> Iterator[str]:
    for result in report.results:
        if (result.verdict is Verdict.VALID) is not (result.official is OfficialVerdict.OK):
            yield f"{result.path}:{difference(result)}"
