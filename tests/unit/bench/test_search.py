"""The search for a rate, over a machine that is a function."""

from collections.abc import Callable
from pathlib import Path

import pytest

from submission.bench.find_qps import State
from submission.bench.search import Step, Try, bracket, found, next_step
from submission.cli import main
from submission.errors import UsageError


def tried(qps: float, *, valid: bool, full: bool = False) -> Try:
    times = {"p50_ms": 1.0, "p90_ms": 2.0, "p99_ms": 3.0, "max_ms": 4.0}
    return Try(qps=qps, full=full, valid=valid, seconds=1, queries=1, **times)


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


def test_a_search_goes_on_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    State.open(path, {"model": "m"}).add(tried(10, valid=True))
    assert State.open(path, {"model": "m"}).tries == [tried(10, valid=True)]
    assert State.open(path, {"model": "other"}).tries == []


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text('{"key": {}, "tries": [{}]}')
    with pytest.raises(UsageError, match="cannot be read"):
        State.open(path, {})


def test_a_percentile_is_below_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find-qps", "--percentile", "99", "--full", "0"]) == 2
    assert "--full 0.0, --percentile 99.0" in capsys.readouterr().err
