"""Within the tolerance or outside, at its very edge, and what a short run can show."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from submission.harness.latencies import Latencies
from submission.policy import load_policy
from submission.review.claim import claimed_settings
from submission.review.rates import bound_line, rate_lines, spread_within, validity_line
from submission.runs.outcome import RunFailure, RunReport
from submission.tree.finished import ClaimedCell

POLICY = load_policy("v3.0")
FAILURE = RunFailure(kind="invalid", what="INVALID", detail="x", hint="y")


def made(
    tmp_path: Path, scheduled: float, completed: float | None = None, **more: Any
) -> RunReport:
    results = {
        "result_scheduled_samples_per_sec": scheduled,
        "result_completed_samples_per_sec": 99.0 if completed is None else completed,
        **more,
    }
    harness = {"results": results, "validity": "VALID"}
    return RunReport(folder=tmp_path, values=harness)


@pytest.mark.parametrize(
    ("scheduled", "good"), [(95.0, True), (94.9, False), (105.0, True), (105.1, False)]
)
def test_a_rate_is_within_five_percent_or_outside(
    cell: ClaimedCell, tmp_path: Path, scheduled: float, good: bool
) -> None:
    line = rate_lines(cell, POLICY, [made(tmp_path, scheduled)], 0.05, quick=False)[0]
    assert line.good is good
    assert ("OUTSIDE" in line.verdict) is not good


@pytest.mark.parametrize(("scheduled", "word"), [(80.0, "slower"), (120.0, "faster")])
def test_a_rate_outside_is_called_faster_or_slower(
    cell: ClaimedCell, tmp_path: Path, scheduled: float, word: str
) -> None:
    line = rate_lines(cell, POLICY, [made(tmp_path, scheduled)], 0.05, quick=False)[0]
    assert line.verdict.endswith(f"OUTSIDE 5 %, {word} than claimed")


def test_several_runs_have_a_mean_and_a_spread(cell: ClaimedCell, tmp_path: Path) -> None:
    runs = [made(tmp_path, 90.0), made(tmp_path, 110.0)]
    line = rate_lines(cell, POLICY, runs, 0.05, quick=False)[0]
    assert line.found == "100"
    assert line.verdict == "ratio 1.000, spread 10.0 % over 2 runs: within 5 %"


def test_a_quick_server_run_is_judged_by_keeping_up(cell: ClaimedCell, tmp_path: Path) -> None:
    lines = rate_lines(cell, POLICY, [made(tmp_path, 80.0, 70.0)], 0.05, quick=True)
    assert [line.good for line in lines] == [None, None, False]
    assert lines[-1].verdict.startswith("FALLS BEHIND")


def test_a_run_without_a_rate_is_not_within(cell: ClaimedCell, tmp_path: Path) -> None:
    run = RunReport(folder=tmp_path, values={"results": {}, "validity": None}, failure=FAILURE)
    assert rate_lines(cell, POLICY, [run], 0.05, quick=False)[0].good is False


@pytest.mark.parametrize(("latency_ns", "good"), [(130_000_000, True), (130_000_001, False)])
def test_the_bound_is_kept_or_not(
    cell: ClaimedCell, tmp_path: Path, latency_ns: int, good: bool
) -> None:
    run = made(tmp_path, 100.0, **{"result_99.90_percentile_latency_ns": latency_ns})
    settings = claimed_settings(cell, POLICY, "bert")
    assert [line.good for line in bound_line(cell, settings, [run])] == [good]


@pytest.mark.parametrize(("quick", "good"), [(True, None), (False, False)])
def test_an_invalid_run_counts_unless_it_was_too_short(
    cell: ClaimedCell, tmp_path: Path, quick: bool, good: bool | None
) -> None:
    values = {"results": {}, "validity": "INVALID"}
    run = RunReport(folder=tmp_path, values=values, failure=FAILURE)
    assert validity_line(cell, [run], quick=quick).good is good


def save(folder: Path, done_ns: np.ndarray) -> None:
    Latencies(
        sample_index=np.zeros(len(done_ns), np.int32),
        issued_ns=np.zeros(len(done_ns), np.int64),
        done_ns=done_ns,
    ).save(folder / "latencies.npz")


def test_a_steady_run_has_no_spread(tmp_path: Path) -> None:
    done = np.arange(1, 1001, dtype=np.int64) * 1_000_000
    save(tmp_path, done)
    assert spread_within(tmp_path / "latencies.npz") < 0.002


def test_an_unsteady_run_has_a_spread(tmp_path: Path) -> None:
    done = np.concatenate([np.arange(1, 901), 900 + 10 * np.arange(1, 101)]) * 1_000_000
    save(tmp_path, done)
    assert spread_within(tmp_path / "latencies.npz") > 0.2


def test_too_few_answers_give_no_spread(tmp_path: Path) -> None:
    save(tmp_path, np.arange(1, 15))
    assert spread_within(tmp_path / "latencies.npz") is None
    assert spread_within(tmp_path / "none.npz") is None
