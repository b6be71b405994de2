"""The comparison as a table, as JSON and as a plot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from submission.lab.plot import Bar, bars_svg
from submission.lab.synthetic.bench import TopologyComparison, TopologyRow
from submission.terminal import aligned

VERSION = 1
_COLUMNS = (
    "model",
    "ms a sample",
    "CPU ms",
    "x dense BERT-large",
    "(rounds)",
    "by CPU time",
    "by multiply-adds",
    "published Offline",
    "published Server",
    "x dense baseline",
    "logits at {shorter}",
)


def as_text(found: TopologyComparison) -> str:
    """A table of one line a model, below a heading that says what is compared."""
    reference = found.reference
    first = (reference.name, f"{reference.wall_ms:.1f}", f"{reference.cpu_ms:.1f}", "1.0")
    rows = [
        tuple(column.format(shorter=found.shorter) for column in _COLUMNS),
        (*first, *[""] * (len(_COLUMNS) - len(first))),
        *(_cells(row) for row in found.rows),
    ]
    head = (
        f"synthetic weights, {found.length} tokens, {found.streams} streams, "
        f"medians of {found.rounds} rounds; published ratios are those of another machine"
    )
    return "\n".join([head, *aligned(rows)])


def as_json(found: TopologyComparison, machine: str) -> dict[str, Any]:
    """The JSON form; ``tests/schemas/bench_topologies.schema.json`` describes it."""
    value: dict[str, Any] = json.loads(json.dumps(asdict(found)))  # tuples become lists
    for row in value["rows"]:
        row["over_twin"] = row.pop("over_dense")  # its name since version 1
    return {"version": VERSION, "made_up": True, "machine": machine, **value}


def as_svg(found: TopologyComparison) -> str:
    """Speedups over dense BERT-large as bars: measured (least to most) and published."""
    bars = [bar for row in found.rows for bar in _bars(row)]
    title = (
        f"times as fast as dense BERT-large (synthetic weights, {found.length} tokens, "
        f"{found.streams} streams)"
    )
    return bars_svg(title, "x", bars)


def _bars(row: TopologyRow) -> Iterator[Bar]:
    name, over, known = row.model.name, row.over_reference, row.published
    yield Bar(name=f"{name}, wall time", low=over.wall_least, middle=over.wall, high=over.wall_most)
    figures = {"CPU time": over.cpu}
    if known:
        figures |= {"published Offline": known.offline, "published Server": known.server}
    for words, value in figures.items():
        yield Bar(name=f"{name}, {words}", low=value, middle=value, high=value)


def _cells(row: TopologyRow) -> tuple[str, ...]:
    over, known = row.over_reference, row.published
    return (
        row.model.name,
        f"{row.model.wall_ms:.1f}",
        f"{row.model.cpu_ms:.1f}",
        f"{over.wall:.1f}",
        f"{over.wall_least:.1f}-{over.wall_most:.1f}",
        f"{over.cpu:.1f}",
        f"{over.multiply_adds:.1f}",
        f"{known.offline:.1f}" if known else "",
        f"{known.server:.1f}" if known else "",
        f"{row.over_dense.wall:.2f}",
        "equal" if row.logits_difference == 0 else f"differ by {row.logits_difference:.2g}",
    )
