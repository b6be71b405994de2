"""The whole report of one or several trees, as a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from submission.checks import Finding, Severity
from submission.checks.reports.document import Block, Document, Heading, Plot, Text, results_table
from submission.report import tables
from submission.report.compare import comparison
from submission.report.facts import Reference, ReportedTree, Row, labelled
from submission.report.plots import accuracy_against_rate, server_latencies
from submission.wording import counted


def report(trees: Sequence[ReportedTree], published: Reference | None) -> Document:
    """Results and plots of all trees together, then each tree by itself."""
    several = len(trees) > 1
    rows = labelled((row for tree in trees for row in tree.rows), several=several)
    names = ", ".join(tree.title for tree in trees)
    blocks: list[Block] = [Heading(text=f"Submission report: {names}", level=1)]
    blocks += [_verdict(tree) for tree in trees]
    if rows:
        blocks += tables.results(rows, references_for(rows, published))
        blocks += _plots(rows)
        blocks += tables.latencies(rows)
        blocks += tables.against_published(rows)
    for tree in trees:
        blocks += _tree(tree, several=several)
    return tuple(blocks)


def compared(first: ReportedTree, second: ReportedTree) -> Document:
    """Two trees side by side."""
    title = f"{first.title} and {second.title}"
    return (
        Heading(text=f"Submissions compared: {title}", level=1),
        _verdict(first),
        _verdict(second),
        *comparison(first, second),
        *_plots(labelled([*first.rows, *second.rows], several=True)),
    )


def references_for(rows: Sequence[Row], published: Reference | None) -> tuple[Reference, ...]:
    """The references that were measured in the trees, else the published one on its own machine."""
    measured = tuple(_measured(row) for row in rows if row.benchmark == row.compared_with)
    if measured or published is None or not any(map(published.compares, rows)):
        return measured
    return (published,)


def _measured(row: Row) -> Reference:
    return Reference(
        name=row.benchmark,
        system=row.system,
        f1=row.f1,
        server_completed=row.server.completed if row.server else None,
        offline=row.offline,
        measured=True,
        tree=row.tree,
        fp32_f1=row.fp32_f1,
    )


def _verdict(tree: ReportedTree) -> Text:
    found = tree.report
    errors = sum(finding.rejects for finding in found.findings)
    warnings = len(found.of(Severity.WARNING))
    waived = sum(finding.waived is not None for finding in found.findings)
    words = f"{tree.title}: the check of round {found.round} {_passed(tree)}: "
    words += f"{counted(len(found.results), 'result')}, {counted(errors, 'error')}, "
    words += counted(warnings, "warning")
    if waived:
        words += f", {waived} findings waived by {tree.waivers}"
    return Text(text=f"{words}.", tone="good" if found.passed else "bad")


def _passed(tree: ReportedTree) -> str:
    return "passed" if tree.report.passed else "FAILED"


def _plots(rows: Sequence[Row]) -> Iterator[Plot]:
    for scenario in ("Offline", "Server"):
        plot = accuracy_against_rate(rows, scenario)
        if plot is not None:
            yield plot
    plot = server_latencies(rows)
    if plot is not None:
        yield plot


def _tree(tree: ReportedTree, *, several: bool) -> Iterator[Block]:
    of = f" of {tree.label}" if several else ""
    yield results_table(tree.report.results, caption="Every result of the tree")
    yield Heading(text=f"Findings of the check{of}")
    if not tree.report.findings:
        yield Text(text="None.")
    yield from _by_weight(tree.report.findings)
    yield Heading(text=f"How it was run{of}")
    yield from tables.runs(tree)
    yield from tables.systems(tree)


def _by_weight(findings: Sequence[Finding]) -> list[Finding]:
    order = list(Severity)
    return sorted(findings, key=lambda f: (f.waived is not None, order.index(f.severity)))
