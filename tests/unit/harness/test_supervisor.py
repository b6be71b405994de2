"""What the watch sees, with the clock in the test's hand."""

import json
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from submission.harness.failure import HarnessError
from submission.harness.forecast import Forecast, forecast
from submission.harness.supervisor import Watch, supervise
from submission.terms import Mode, Scenario
from tests.fakes.harness_process import make_run_spec

SERVER = Forecast(planned_s=20.0, total=400, exact=False, one_query=False, gap_s=1.0)
OFFLINE = Forecast(planned_s=20.0, total=400, exact=True, one_query=True, gap_s=1.0)


@dataclass
class Counts:
    issued: int = 0
    answered: int = 0
    fraction_done: float = 0.0
    failure: HarnessError | None = None


@dataclass
class Scene:
    lines: list[str] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)

    def watch(self, ahead: Forecast = SERVER) -> tuple[Watch, float]:
        # an Offline query waits as a whole
        limit_s = None if ahead.one_query else 60.0
        watch = Watch(say=self.lines.append, watchdog_s=5.0, backlog_limit_s=limit_s)
        watch.watch_run(self.counts, ahead)
        return watch, watch.phase_start


def test_progress_is_reported_once_a_second() -> None:
    scene = Scene()
    watch, start = scene.watch()
    for tenth in range(21):
        watch.look(start + tenth / 10)
    assert len(scene.lines) == 3
    assert json.loads(scene.lines[1].removeprefix("PROGRESS "))["elapsed_s"] == 1.0


def test_server_expects_its_plan_and_what_waits_behind_it() -> None:
    scene = Scene(counts=Counts(issued=300, answered=150))
    watch, start = scene.watch()
    assert watch.progress(start + 15)["expected_s"] == 30.0
    assert watch.progress(start + 15)["total"] is None


def test_offline_expects_by_the_share_of_tokens() -> None:
    scene = Scene(counts=Counts(issued=400, answered=50, fraction_done=0.25))
    watch, start = scene.watch(OFFLINE)
    assert watch.progress(start + 10)["expected_s"] == 40.0
    assert watch.progress(start + 10)["total"] == 400


def test_work_that_is_not_answered_ends_the_run() -> None:
    scene = Scene(counts=Counts(issued=10, answered=3))
    watch, start = scene.watch()
    watch.look(start)
    watch.look(start + 5)
    with pytest.raises(HarnessError) as caught:
        watch.look(start + 5.1)
    assert caught.value.kind == "watchdog"
    assert "3 answered, 7 outstanding" in caught.value.detail


def test_each_answer_keeps_the_run_alive() -> None:
    scene = Scene(counts=Counts(issued=10))
    watch, start = scene.watch()
    for second in range(0, 36, 4):
        scene.counts.answered += 1
        watch.look(start + second)


def test_a_pause_between_queries_is_no_hang() -> None:
    scene = Scene()
    watch, start = scene.watch()
    watch.look(start)
    watch.look(start + 100)
    scene.counts.issued = 1
    watch.look(start + 101)
    watch.look(start + 105)


def test_loadgen_that_never_comes_back_is_ended() -> None:
    watch, start = Scene(counts=Counts(issued=5, answered=5)).watch()
    watch.look(start)
    with pytest.raises(HarnessError, match="hangs"):
        watch.look(start + 122)


def test_a_preparation_that_moves_on_is_left_alone() -> None:
    watch = Watch(say=lambda line: None, watchdog_s=5.0)
    watch.enter("compile")
    start = watch.phase_start
    for step in range(5):
        watch.heartbeat(step, 5)
        watch.look(start + step * 800)
    with pytest.raises(HarnessError, match="hangs"):
        watch.look(start + 4 * 800 + 901)


def test_a_rate_far_above_reach_ends_the_run() -> None:
    scene = Scene(counts=Counts(issued=3000, answered=100))
    watch, start = scene.watch()
    watch.look(start + 9)
    with pytest.raises(HarnessError) as caught:
        watch.look(start + 11)
    assert caught.value.kind == "overload"
    assert "272.7 queries/s issued, 9.1 answered" in caught.value.detail
    assert "target_qps" in caught.value.hint


def test_an_offline_query_far_above_reach_ends_the_run_once_its_rate_is_known() -> None:
    scene = Scene(counts=Counts(issued=6_600_000, answered=100, fraction_done=1e-4))
    watch, start = scene.watch(replace(OFFLINE, limit_s=1800.0, total=6_600_000))
    watch.look(start + 59)
    scene.counts.answered = 101
    with pytest.raises(HarnessError, match=r"would take 166\.7 hours") as caught:
        watch.look(start + 60)
    assert caught.value.kind == "overload"
    assert "101 of 6600000 samples after 60 s: 1.7 a second" in caught.value.detail
    assert "target_qps" in caught.value.hint


@pytest.mark.parametrize("limit_s", [1800.0, None])
def test_an_offline_run_that_is_only_slow_goes_on(limit_s: float | None) -> None:
    fraction = 1 / 30 if limit_s else 1e-6
    scene = Scene(counts=Counts(issued=400, answered=12, fraction_done=fraction))
    watch, start = scene.watch(replace(OFFLINE, limit_s=limit_s))
    watch.look(start + 60)
    assert scene.lines


@pytest.mark.parametrize(
    ("scenario", "mode", "limit_s"),
    [
        (Scenario.OFFLINE, Mode.PERFORMANCE, 10 * 660.0),
        (Scenario.OFFLINE, Mode.ACCURACY, None),
        (Scenario.SERVER, Mode.PERFORMANCE, None),
    ],
)
def test_only_a_performance_query_is_held_to_many_times_its_plan(
    tmp_path: Path, scenario: Scenario, mode: Mode, limit_s: float | None
) -> None:
    spec = make_run_spec(tmp_path, scenario, mode, target_qps=1000.0, min_duration_ms=600_000)
    assert forecast(spec, count=40).limit_s == limit_s


def test_a_queue_without_bound_ends_the_run_at_once_even_before_any_answer() -> None:
    scene = Scene(counts=Counts(issued=1_000_000))
    watch, start = scene.watch()
    watch.look(start)
    scene.counts.issued += 1
    with pytest.raises(HarnessError, match="1000001 samples wait") as caught:
        watch.look(start)
    assert caught.value.kind == "overload"


def test_what_the_job_raises_comes_out() -> None:
    def job() -> None:
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        supervise(job, Watch(say=lambda line: None, watchdog_s=5.0))


def test_a_failed_run_gets_little_time_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    failure = HarnessError("bad", kind="answer", detail="d", hint="h")  # type: ignore[arg-type]
    monkeypatch.setattr("submission.harness.supervisor.FAILURE_GRACE_S", 0.0)
    watch, _ = Scene(counts=Counts(failure=failure)).watch()
    with pytest.raises(HarnessError, match="bad"):
        supervise(lambda: time.sleep(30), watch)
