"""Two trees side by side, with ratios: model by model, and where their machines differ."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.reports.document import Block, Heading, Table, Text
from submission.report.facts import ReportedTree, Row
from submission.report.tables import NONE, fixed, ratio

HEAD = ("model", "figure", "A", "B", "B / A")


def comparison(first: ReportedTree, second: ReportedTree) -> list[Block]:
    """Figures of models that both trees hold; models of one tree alone are named."""
    by_model = {row.benchmark: row for row in first.rows}
    others = {row.benchmark: row for row in second.rows}
    both = [name for name in by_model if name in others]
    lines = [line for name in both for line in _lines(by_model[name], others[name])]
    blocks: list[Block] = [
        Heading(text="Side by side"),
        Table(caption="Figures", head=HEAD, rows=tuple(lines), numeric=frozenset({2, 3, 4})),
    ]
    for tree, own, other in ((first, by_model, others), (second, others, by_model)):
        alone = [name for name in own if name not in other]
        if alone:
            blocks.append(Text(text=f"Only in {tree.title}: {', '.join(alone)}.", tone="note"))
    return [*blocks, *_machines(first, second)]


def _lines(a: Row, b: Row) -> Iterator[tuple[str, ...]]:
    yield _line(a, "F1 [%]", a.f1, b.f1, 3)
    yield _line(a, "exact match [%]", a.exact_match, b.exact_match, 3)
    if a.server and b.server:
        one, two = a.server, b.server
        yield _line(a, "Server scheduled [samples/s]", one.scheduled, two.scheduled, 2)
        yield _line(a, "Server completed [samples/s]", one.completed, two.completed, 2)
        for percentile in sorted(one.latencies_ms.keys() & two.latencies_ms.keys()):
            label = f"Server {float(percentile):g}th percentile [ms]"
            yield _line(a, label, one.latencies_ms[percentile], two.latencies_ms[percentile], 2)
        yield _line(a, "Server bound [ms]", one.bound_ms, two.bound_ms, 0)
    yield _line(a, "Offline [samples/s]", a.offline, b.offline, 2)


def _line(row: Row, label: str, a: float | None, b: float | None, digits: int) -> tuple[str, ...]:
    return (row.benchmark, label, fixed(a, digits), fixed(b, digits), ratio(b, a, 3))


def _machines(first: ReportedTree, second: ReportedTree) -> Iterator[Block]:
    """Fields of the system descriptions that differ, where each tree has one system."""
    if len(first.systems) != 1 or len(second.systems) != 1:
        return
    (a,), (b,) = first.systems.values(), second.systems.values()
    rows = tuple(
        (name, a.get(name, NONE), b.get(name, NONE))
        for name in dict.fromkeys((*a, *b))
        if a.get(name) != b.get(name)
    )
    if rows:
        yield Table(caption="Where the systems differ", head=("field", "A", "B"), rows=rows)
    else:
        yield Text(text="Both system descriptions say the same.")
