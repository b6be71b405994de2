"""The search for a rate, over a machine that is a function."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from submission.bench.find_qps import Bound, Clock, Search, _affordable
from submission.bench.search import Step, Try, bracket, confirmation, found, next_step
from submission.bench.server import Length
from submission.bench.state import State
from submission.cli import main
from submission.errors import UsageError


def tried(qps: float, *, valid: bool, full: bool = False) -> Try:
    times = {"p50_ms": 1.0, "p90_ms": 2.0, "p99_ms": 3.0, "max_ms": 4.0}
    return Try(qps=qps, full=full, valid=valid, asked_s=20, seconds=25, queries=1, **times)


def search(reaches: Callable[[Step], bool], start: float) -> list[Try]:
    tries: list[Try] = []
    while step := next_step(tries, start=start, resolution=0.05):
        tries.append(tried(step.qps, valid=reaches(step), full=step.full))
        assert len(tries) < 40
    return tries


@pytest.mark.parametrize("start", [1.0, 70.0, 99.0, 5000.0])
def test_the_edge_is_found_from_anywhere(start: float) -> None:
    tries = search(lambda step: step.qps <= 100, start)
    best = found(tries)
    assert best is not None
    assert 95 <= best.qps <= 100
    assert best is tries[-1]


def test_a_full_run_that_fails_is_stepped_down_from() -> None:
    tries = search(lambda step: step.qps <= (90 if step.full else 100), 80)
    best = found(tries)
    assert best is not None
    assert 87 <= best.qps <= 90
    assert not next(each for each in tries if each.full).valid


def test_a_lucky_run_above_an_unlucky_one_is_not_believed() -> None:
    assert bracket([tried(10, valid=True), tried(20, valid=False), tried(30, valid=True)]) == (
        10,
        20,
    )


def test_a_rate_that_was_confirmed_early_does_not_end_the_search() -> None:
    tries = [tried(10, valid=True), tried(10, valid=True, full=True), tried(20, valid=False)]
    assert next_step(tries, start=1, resolution=0.05) == Step(qps=15, full=False)
    closer = [*tries, tried(19.5, valid=True)]
    assert next_step(closer, start=1, resolution=0.05) == Step(qps=19.5, full=True)


def test_a_confirmed_rate_of_five_digits_is_not_confirmed_again() -> None:
    assert confirmation([tried(10.0001, valid=True), tried(10, valid=True, full=True)]) is None


@pytest.mark.parametrize(
    ("left_s", "step"),
    [(100, Step(qps=13, full=False)), (50, Step(qps=10, full=True)), (20, None)],
)
def test_the_best_rate_is_confirmed_while_there_is_time_left(
    left_s: float, step: Step | None
) -> None:
    lengths = {True: Length(seconds=30, queries=1), False: Length(seconds=20, queries=1)}
    asked = Search(
        lengths=lengths,
        start=0,
        args=argparse.Namespace(resolution=0.05),
        clock=Clock(budget_s=left_s),
    )
    assert _affordable([tried(10, valid=True)], asked) == step


def test_a_first_run_that_the_time_does_not_reach_for_is_not_begun() -> None:
    length = Length(seconds=20, queries=500)
    asked = Search(
        lengths={True: length, False: length},
        start=2,
        args=argparse.Namespace(resolution=0.05),
        clock=Clock(budget_s=150),
    )
    assert _affordable([], asked) is None


@pytest.mark.parametrize(
    ("text", "bound"), [("130", Bound(ms=130)), ("idle4", Bound(idle_times=4))]
)
def test_a_bound_is_milliseconds_or_idle_latencies(text: str, bound: Bound) -> None:
    assert Bound.read(text) == bound


@pytest.mark.parametrize("text", ["", "idle", "idle0", "-1", "nan", "inf", "4idle"])
def test_another_bound_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find-qps", f"--bound={text}"]) == 2
    assert "--bound" in capsys.readouterr().err


def test_a_search_goes_on_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    State.open(path, {"model": "m"}, 600).add(tried(10, valid=True))
    assert State.open(path, {"model": "m"}, 600).tries == [tried(10, valid=True)]
    assert State.open(path, {"model": "other"}, 600).tries == []


def test_a_full_run_of_a_shorter_search_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    State.open(path, {}, 20).add(tried(10, valid=True, full=True))
    assert len(State.open(path, {}, 20).tries) == 1
    assert State.open(path, {}, 21).tries == []


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text('{"key": {}, "tries": [{}]}')
    with pytest.raises(UsageError, match="cannot be read"):
        State.open(path, {}, 1)


def test_a_percentile_is_below_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find-qps", "--percentile", "99", "--full", "0"]) == 2
    assert "--full 0.0, --percentile 99.0" in capsys.readouterr().err
