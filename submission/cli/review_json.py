"""The values of the reviewer's commands for ``--json``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from submission.review.comparison import Line
from submission.review.evidence.model import Verified
from submission.review.reproduce import Reproduced, Reproduction
from submission.tree.finished import ClaimedCell

_OUTCOMES = {
    Reproduced.WITHIN: "within",
    Reproduced.OUTSIDE: "outside",
    Reproduced.UNDECIDED: "undecided",
}


def lines_value(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Comparisons of claimed with found values."""
    return [asdict(line) for line in lines]


def result_value(cell: ClaimedCell) -> dict[str, str]:
    """Which result a command is about."""
    return {
        "system": cell.system,
        "benchmark": cell.benchmark,
        "scenario": str(cell.scenario),
    }


def reproduction_value(cell: ClaimedCell, done: Reproduction) -> dict[str, Any]:
    """A reproduction by ``reproduce.schema.json``."""
    return {
        "result": result_value(cell),
        "outcome": _OUTCOMES[done.outcome],
        "lines": lines_value(done.lines),
        "differences": list(done.differences),
        "others_share": done.others_share,
    }


def verified_value(done: Sequence[Verified]) -> list[dict[str, Any]]:
    """The comparisons of ``verify`` by ``verify.schema.json``."""
    return [
        {
            "kind": each.kind,
            "what": each.what,
            "count": each.count,
            "left_out": each.left_out or None,
            "differences": [
                {"path": d.path, "found": d.found, "expected": d.expected} for d in each.differences
            ],
        }
        for each in done
    ]
