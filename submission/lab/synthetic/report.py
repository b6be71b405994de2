"""The comparison as a table for people and as JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from submission.lab.synthetic.bench import Comparison, Row

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
    "x own dense twin",
    "logits at {shorter}",
)


def as_text(found: Comparison) -> str:
    """One line a model; what is compared with what stands above."""
    reference = found.reference
    first = (reference.name, f"{reference.wall_ms:.1f}", f"{reference.cpu_ms:.1f}", "1.0")
    rows = [
        tuple(column.format(shorter=found.shorter) for column in _COLUMNS),
        (*first, *[""] * (len(_COLUMNS) - len(first))),
        *(_cells(row) for row in found.rows),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    head = (
        f"made-up weights, {found.length} tokens, {found.streams} streams, "
        f"medians of {found.rounds} rounds; published ratios are those of another machine"
    )
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([head, *(line.rstrip() for line in lines)])


def as_json(found: Comparison, machine: str) -> dict[str, Any]:
    """Fits ``bench_topologies.schema.json``."""
    value: dict[str, Any] = json.loads(json.dumps(asdict(found)))  # tuples become lists
    return {"version": VERSION, "made_up": True, "machine": machine, **value}


def _cells(row: Row) -> tuple[str, ...]:
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
        f"{row.over_twin.wall:.2f}",
        "equal" if row.logits_difference == 0 else f"differ by {row.logits_difference:.2g}",
    )
