"""``--markdown``: the report in short, as the summary of a job in a workflow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from submission.checks.model import Severity
from submission.checks.reports.document import Block, Heading, Table, Text, results_table
from submission.checks.reports.markdown import as_markdown
from submission.checks.reports.text import verdict_line
from submission.checks.results import Report, Verdict
from submission.wording import counted

# GitHub shows 1 MiB of a summary
MOST_RESULTS = 500
MOST_ERRORS = 100
RULES_HEAD = ("rule", "severity", "title", "findings")


def render_summary(report: Report) -> str:
    """Verdict, results (rejected ones first), errors in full, warnings and notes by rule."""
    return as_markdown(tuple(_blocks(report)))


def _blocks(report: Report) -> Iterator[Block]:
    yield Heading(text=f"MLPerf Inference {report.round}", level=2)
    yield Text(text=verdict_line(report), tone="good" if report.passed else "bad")
    ordered = sorted(report.results, key=lambda result: result.verdict is Verdict.VALID)
    if ordered:
        yield results_table(ordered[:MOST_RESULTS], caption="Results")
    yield from _more(len(ordered), MOST_RESULTS, "result")
    errors = report.of(Severity.ERROR)
    if errors:
        yield Heading(text=counted(len(errors), "error"), level=3)
        yield from errors[:MOST_ERRORS]
        yield from _more(len(errors), MOST_ERRORS, "error")
    if rows := tuple(_rules(report)):
        yield Table(
            caption="Warnings, notes and waived findings",
            head=RULES_HEAD,
            rows=rows,
            numeric=frozenset({3}),
        )


def _more(count: int, most: int, what: str) -> Iterator[Block]:
    if count > most:
        yield Text(text=f"and {counted(count - most, f'more {what}')}: see the other reports")


def _rules(report: Report) -> Iterator[tuple[str, ...]]:
    counts = Counter(
        (finding.rule, "waived" if finding.waived is not None else str(finding.severity))
        for finding in report.findings
        if not finding.rejects
    )
    titles = {finding.rule: finding.definition.title for finding in report.findings}
    for (rule, severity), count in sorted(counts.items()):
        yield rule, severity, titles[rule], str(count)
