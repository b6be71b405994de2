from dataclasses import replace
from datetime import UTC, datetime

from submission.container.order import CommandOutcome

GOOD = CommandOutcome(
    exit_code=0,
    oom_killed=False,
    tail=("compiling", "", "cannot open /models/x.xml"),
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
    ended_at=datetime(2026, 1, 2, tzinfo=UTC),
    container_id="c",
)


def test_exit_code_0_is_good() -> None:
    assert GOOD.ok
    assert not replace(GOOD, exit_code=1).ok


def test_a_kill_for_memory_is_never_good() -> None:
    assert not replace(GOOD, oom_killed=True).ok


def test_a_failure_quotes_exit_code_and_last_lines() -> None:
    error = replace(GOOD, exit_code=3).failure("bert-99/Server/performance")
    assert error.what == "bert-99/Server/performance failed"
    assert error.detail == "exit code 3; last lines: compiling | cannot open /models/x.xml"


def test_a_silent_failure_says_so() -> None:
    assert "no output" in replace(GOOD, exit_code=3, tail=()).failure("x").detail


def test_a_kill_for_memory_hints_at_memory() -> None:
    error = replace(GOOD, exit_code=137, oom_killed=True).failure("x")
    assert "ran out of memory" in error.what
    assert "memory" in error.hint


def test_another_kill_points_to_the_kernel() -> None:
    error = replace(GOOD, exit_code=137).failure("x")
    assert "killed by another process" in error.what
    assert "dmesg" in error.hint
