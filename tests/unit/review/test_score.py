"""Where ``score`` says that the whole accuracy log lies."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from submission.errors import UsageError
from submission.review.score import claimed_by
from submission.terms import Scenario
from submission.tree.finished import ClaimedCell

CELL = cast(
    "ClaimedCell",
    SimpleNamespace(
        benchmark="m",
        scenario=Scenario.SERVER,
        metadata=lambda mode: {"profile": "demo-m", "mode": mode},
        claimed_accuracy=None,
    ),
)


def hint_of(cells: list[ClaimedCell], log: Path) -> str:
    with pytest.raises(UsageError, match="the accuracy log cannot be read") as caught:
        claimed_by(cells, log)
    return caught.value.hint


def test_a_missing_log_is_looked_for_where_runs_leave_it(tmp_path: Path) -> None:
    place = "out/runs/demo-m/m/Server/accuracy/mlperf_log_accuracy.json"
    assert place in hint_of([CELL], tmp_path / "none")
    any_place = "out/runs/<profile>/<benchmark>/<scenario>/accuracy/mlperf_log_accuracy.json"
    assert any_place in hint_of([], tmp_path / "none")
    assert any_place in hint_of([CELL, CELL], tmp_path / "none")
