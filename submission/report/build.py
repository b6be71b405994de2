"""The whole report of one or several trees, as a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from submission.checks.reports.document import (
    Block,
    Document,
    Facts,
    Fold,
    Heading,
    Plot,
    Text,
    finding_groups,
    results_table,
)
from submission.report import tables
from submission.report.advice import advice, choice_facts
from submission.report.compare import comparison
from submission.report.facts import Reference, ReportedTree, Row, labelled, references_for
from submission.report.overview import (
    bands,
    called,
    facts,
    head,
    results_of,
    verdicts,
    without_empty,
)
from submission.report.plots import accuracy_against_rate, run_times, server_latencies
from submission.report.steps import to_do


def report(trees: Sequence[ReportedTree], published: Reference | None) -> Document:
    """Results and plots of all trees together, then each tree by itself."""
    several = len(trees) > 1
    rows = labelled((row for tree in trees for row in tree.rows), several=several)
    references = references_for(rows, published)
    names = ", ".join(tree.title for tree in trees)
    blocks: list[Block] = [Heading(text=f"{names}: MLPerf Inference {_rounds(trees)}", level=1)]
    blocks += [*bands(trees), *_head(trees, rows, references)]
    blocks += [*_machines(trees), Heading(text="Results"), *results_of(trees)]
    if rows:
        blocks += _against_dense(rows, references)
        blocks += _plots(rows, references, trees)
    for tree in trees:
        blocks += _findings(tree, several=several)
    blocks += _details(rows)
    for tree in trees:
        blocks += _tree(tree, several=several)
    return tuple(blocks)


def _head(
    trees: Sequence[ReportedTree], rows: Sequence[Row], references: Sequence[Reference]
) -> Iterator[Block]:
    """The verdict, the model to take and why, and what to do first; then all that is to be done."""
    several = len(trees) > 1
    if several:
        first, later = choice_facts(rows, references, called="Best model")
        for tree in trees:
            yield Heading(text=tree.title, level=3)
            yield head(tree, (), ())
        if first:
            yield Heading(text="All trees together", level=3)
            tones = {text: "pick" for name, text in first if name != "Why"}
            yield Facts(pairs=(*first, *later), tones=tones)
    else:
        yield head(trees[0], *choice_facts(rows, references, called=called(trees[0])))
    for tree in trees:
        yield from to_do(tree, several=several)
    if rows:
        yield from advice(rows, references)


def compared(first: ReportedTree, second: ReportedTree) -> Document:
    """Two trees side by side: what differs and which is better, then the rest folded away."""
    trees = (first, second)
    rows = labelled([*first.rows, *second.rows], several=True)
    read_first, folded = comparison(first, second)
    plots = tuple(_plots(rows, references_for(rows, None), trees))
    return (
        Heading(text=f"Compared: {first.title} and {second.title}", level=1),
        *read_first,
        *bands(trees),
        Heading(text="More"),
        *folded,
        Fold(title="All results of both trees", blocks=tuple(results_of(trees))),
        *((Fold(title="Charts", blocks=plots),) if plots else ()),
        Fold(title="Verdicts and machines", blocks=(*_verdicts(trees), *_machines(trees))),
        *(
            Fold(title=f"Findings of the check of {tree.label}", blocks=tuple(_found(tree)))
            for tree in trees
        ),
    )


def _rounds(trees: Sequence[ReportedTree]) -> str:
    return " and ".join(dict.fromkeys(tree.report.round for tree in trees))


def _verdicts(trees: Sequence[ReportedTree]) -> Iterator[Block]:
    for tree in trees:
        if len(trees) > 1:
            yield Heading(text=tree.title, level=3)
        yield verdicts(tree)


def _machines(trees: Sequence[ReportedTree]) -> Iterator[Block]:
    for tree in trees:
        found = facts(tree)
        if found and len(trees) > 1:
            yield Heading(text=f"Systems of {tree.label}", level=3)
        yield from found


def _against_dense(rows: Sequence[Row], references: Sequence[Reference]) -> Iterator[Block]:
    """Ratios to the dense model, where there is one that may be compared with."""
    related = [row for row in rows if any(each.compares(row) for each in references)]
    if not related:
        return
    table, *notes = tables.results(related, references)
    yield without_empty(table)
    yield from notes


def _plots(
    rows: Sequence[Row], references: Sequence[Reference], trees: Sequence[ReportedTree]
) -> Iterator[Plot]:
    """A drawing for each data set: figures of different ones are never on one axis."""
    for data in dict.fromkeys(row.data for row in rows):
        group = [row for row in rows if row.data == data]
        for scenario in ("Server", "Offline"):
            plot = accuracy_against_rate(group, scenario, references)
            if plot is not None:
                yield plot
    plot = server_latencies(rows)
    if plot is not None:
        yield plot
    for tree in trees:
        plot = run_times(tree, several=len(trees) > 1)
        if plot is not None:
            yield plot


def _findings(tree: ReportedTree, *, several: bool) -> Iterator[Block]:
    of = f" of {tree.label}" if several else ""
    yield Heading(text=f"Findings of the check{of}")
    yield from _found(tree)


def _found(tree: ReportedTree) -> Iterator[Block]:
    if not tree.report.findings:
        yield Text(text="None.")
    report = tree.report
    yield from finding_groups(report.findings, tree=tree.label, results=report.results)


def _details(rows: Sequence[Row]) -> Iterator[Block]:
    latencies, published = tables.latencies(rows), tables.against_published(rows)
    if latencies or published:
        yield Heading(text="Figures in detail")
        yield from (*latencies, *published)


def _tree(tree: ReportedTree, *, several: bool) -> Iterator[Block]:
    of = f" of {tree.label}" if several else ""
    yield Heading(text=f"How it was run{of}")
    yield from tables.runs(tree)
    yield from tables.systems(tree)
    yield results_table(tree.report.results, caption=f"Every result folder{of}, all digits")
