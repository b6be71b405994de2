"""Two trees side by side, with ratios: model by model, and where their machines differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from submission.checks.reports.document import Block, Heading, Table, Text
from submission.report.best import best_against_best
from submission.report.facts import ReportedTree, Row
from submission.report.tables import NONE, figure, ratio
from submission.squad.bootstrap import Interval

HEAD = ("model", "figure", "A", "B", "B / A")


def comparison(first: ReportedTree, second: ReportedTree) -> list[Block]:
    """Figures of models that both trees hold; models of one tree alone are named."""
    pairs = list(_pairs(first.rows, second.rows))
    lines = [(_paired(a, b), *line[1:]) for a, b in pairs for line in _lines(a, b)]
    blocks: list[Block] = [*best_against_best(first, second)]
    blocks.append(Heading(text="Side by side, by the names of the folders"))
    if lines:
        blocks.append(
            Table(
                caption="Figures",
                head=HEAD,
                rows=tuple(lines),
                numeric=frozenset({2, 3, 4}),
                cards=True,
            )
        )
    else:
        blocks.append(Text(text="No model is in both trees."))
    if any(a.data != b.data for a, b in pairs):
        blocks.append(
            Text(text="F1 over different data sets is not compared: such a model has no such row.")
        )
    for tree, shared in ((first, [a for a, _ in pairs]), (second, [b for _, b in pairs])):
        alone = [_name(row, tree.rows) for row in tree.rows if row not in shared]
        if alone:
            blocks.append(Text(text=f"Only in {tree.title}: {', '.join(alone)}.", tone="note"))
    return [*blocks, *_machines(first, second)]


def _pairs(first: Sequence[Row], second: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
    """The same model in both: on systems of one name, else where each tree has it once."""
    placed = {(row.system, row.benchmark): row for row in second}
    count = [Counter(row.benchmark for row in rows) for rows in (first, second)]
    named = {row.benchmark: row for row in second}
    for row in first:
        other = placed.get((row.system, row.benchmark))
        if other is None and all(each[row.benchmark] == 1 for each in count):
            other = named[row.benchmark]
        if other is not None:
            yield row, other


def _paired(a: Row, b: Row) -> str:
    """The model, and on which system of A and of B."""
    systems = a.system if a.system == b.system else f"{a.system} (A), {b.system} (B)"
    return f"{a.benchmark} on {systems}"


def _name(row: Row, rows: Sequence[Row]) -> str:
    several = sum(each.benchmark == row.benchmark for each in rows) > 1
    return f"{row.benchmark} on {row.system}" if several else row.benchmark


def _lines(a: Row, b: Row) -> Iterator[tuple[str, ...]]:
    if a.data == b.data:
        f1 = b.scores.f1_ratio(a.scores) if b.scores else None
        exact = b.scores.exact_ratio(a.scores) if b.scores else None
        yield from _sure(_line(a, "F1 [%]", a.f1, b.f1), f1)
        yield from _sure(_line(a, "exact match [%]", a.exact_match, b.exact_match), exact)
    if a.server and b.server:
        one, two = a.server, b.server
        yield from _line(a, "Server scheduled [queries/s]", one.scheduled, two.scheduled)
        yield from _line(a, "Server completed [queries/s]", one.completed, two.completed)
        for percentile in sorted(one.latencies_ms.keys() & two.latencies_ms.keys()):
            label = f"Server {float(percentile):g}th percentile [ms]"
            yield from _line(a, label, one.latencies_ms[percentile], two.latencies_ms[percentile])
        yield from _line(a, "Server spread, 99th / 50th percentile", _spread(a), _spread(b))
        yield from _line(a, "Server bound [ms]", one.bound_ms, two.bound_ms)
    yield from _line(a, "Offline [samples/s]", a.offline, b.offline)


def _spread(row: Row) -> float | None:
    latencies = row.server.latencies_ms if row.server else {}
    middle, late = latencies.get("50.00"), latencies.get("99.00")
    return late / middle if middle and late else None


def _line(row: Row, label: str, a: float | None, b: float | None) -> Iterator[tuple[str, ...]]:
    if a is not None or b is not None:
        yield (row.benchmark, label, figure(a), figure(b), ratio(b, a, 3))


def _sure(lines: Iterator[tuple[str, ...]], interval: Interval | None) -> Iterator[tuple[str, ...]]:
    """The lines with the interval of their ratio in brackets, where that is known."""
    for line in lines:
        yield line if interval is None else (*line[:-1], f"{line[-1]} ({interval})")


def _machines(first: ReportedTree, second: ReportedTree) -> Iterator[Block]:
    """Fields of the system descriptions that differ, system by system."""
    if len(first.systems) == len(second.systems) == 1:
        pairs = [(*first.systems, *second.systems)]
    else:
        pairs = [(name, name) for name in first.systems if name in second.systems]
    for one, two in pairs:
        a, b = first.systems[one], second.systems[two]
        rows = tuple(
            (name, a.get(name, NONE), b.get(name, NONE))
            for name in dict.fromkeys((*a, *b))
            if a.get(name) != b.get(name)
        )
        names = one if one == two else f"{one} and {two}"
        if rows:
            caption = f"Where the systems differ: {names}"
            yield Table(caption=caption, head=("field", "A", "B"), rows=rows, cards=True)
        else:
            yield Text(text=f"Both descriptions of {names} say the same.")
