"""A run that is INVALID is repeated with a mended setting, and the next start knows."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from submission.container.host_engine import HostEngine
from submission.container.order import CommandOutcome
from submission.errors import StageError
from submission.files import write_json
from submission.pipeline.stage import Reporter
from submission.runs.context import Context
from submission.runs.numbers import loadgen_settings
from submission.runs.outcome import FailedRunError, RunEnd, RunReport
from submission.runs.rates import FoundRate, write_rate
from submission.stages import measure
from submission.stages.measure import REPEATS, Measure
from submission.terms import LoadgenSettings, Mode, RunId, Scenario
from submission.workspace.resolve import resolve

MODEL = "minilm-squad"
NOW = datetime(2026, 11, 28, tzinfo=UTC)
Values = Mapping[str, Any]


class Lines:
    """Keeps what a stage says."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def line(self, text: str) -> None:
        self.said.append(text)

    def figure(self, text: str) -> None:
        self.said.append(text)

    def progress(self, fraction: float | None, text: str) -> None: ...


class Machine:
    """Runs of a SUT that reaches a rate; ``asked`` are the settings of each run."""

    def __init__(self, folder: Path, judge: Callable[[LoadgenSettings], Values | None]) -> None:
        self.folder, self.judge = folder, judge
        self.asked: list[LoadgenSettings] = []

    def __call__(
        self,
        _context: Context,
        run: RunId,
        settings: LoadgenSettings,
        folder: Path,
        _report: Reporter,
        **_: Any,
    ) -> RunReport:
        self.asked.append(settings)
        unmet = self.judge(settings)
        if unmet is None:
            return RunReport(folder=folder, values={"results": {"result_validity": "VALID"}})
        kept = self.folder / f"kept-{len(self.asked)}"
        kind = unmet.get("kind", "invalid")
        words = {"kind": kind, "what": "not VALID", "detail": "d", "hint": "h"}
        write_json(kept / "error.json", words)
        write_json(kept / "harness.json", {"results": dict(unmet)})
        outcome = CommandOutcome(
            exit_code=3, oom_killed=False, tail=(), started_at=NOW, ended_at=NOW, container_id=""
        )
        raise FailedRunError(RunEnd(name=str(run), folder=kept, outcome=outcome))


def short_below(rate: float) -> Callable[[LoadgenSettings], Values | None]:
    """Offline at ``rate``: a target below it makes a run that is too short."""

    def judge(settings: LoadgenSettings) -> Values | None:
        if settings.target_qps * 1.1 >= rate:
            return None
        return {"result_min_duration_met": False, "result_samples_per_second": rate}

    return judge


def late_above(rate: float) -> Callable[[LoadgenSettings], Values | None]:
    """Server whose latencies hold up to ``rate``."""

    def judge(settings: LoadgenSettings) -> Values | None:
        return {"result_perf_constraints_met": False} if settings.target_qps > rate else None

    return judge


@pytest.fixture
def context(repo: Path, tmp_path: Path) -> Context:
    resolved = resolve(
        repo, environment={"WORKSPACE": str(tmp_path), "PROFILE": "official"}, arguments={}
    )
    made = Context(workspace=resolved, connect=lambda: HostEngine(environment={}, root=repo))
    write_json(resolved.image_file(), {"id": "sha256:1"})
    write_json(resolved.probe_file(MODEL), {"passes": [40.0, 43.8], "cores": 2})
    return made


def stage(context: Context, scenario: Scenario, mode: Mode = Mode.PERFORMANCE) -> Measure:
    return Measure(context=context, run_id=RunId(benchmark=MODEL, scenario=scenario, mode=mode))


def measured(
    monkeypatch: pytest.MonkeyPatch, made: Measure, machine: Machine
) -> tuple[list[float], list[str]]:
    """The rates that were asked for, and what was said."""
    monkeypatch.setattr(measure, "run_profile", machine)
    lines = Lines()
    made.run(lines)
    return [each.target_qps for each in machine.asked], lines.said


def test_a_rate_of_a_busy_probe_is_mended_when_the_machine_is_quiet(
    monkeypatch: pytest.MonkeyPatch, context: Context, tmp_path: Path
) -> None:
    offline = stage(context, Scenario.OFFLINE)
    asked, said = measured(monkeypatch, offline, Machine(tmp_path, short_below(228)))
    assert asked == [46.0, 260.0]
    assert f"repeated (1 of {REPEATS}): target_qps 260 in place of 46" in said[0]
    # another start, such as after the tree's check failed, begins with what is known
    asked, said = measured(monkeypatch, offline, Machine(tmp_path, short_below(228)))
    assert asked == [260.0]
    assert said[0].startswith("an earlier run has shown: target_qps 260")


def test_a_campaigns_engine_is_watched_before_each_run(
    monkeypatch: pytest.MonkeyPatch, context: Context, tmp_path: Path
) -> None:
    machine = Machine(tmp_path, late_above(15))
    runs_before: list[int] = []
    watched = replace(context, fleet_idle=lambda: runs_before.append(len(machine.asked)))
    measured(monkeypatch, stage(watched, Scenario.SERVER), machine)
    assert runs_before == [0, 1, 2]


def test_a_found_rate_is_run_as_it_is_and_mended_like_a_share(
    monkeypatch: pytest.MonkeyPatch, context: Context, tmp_path: Path
) -> None:
    settings = replace(context.settings, rates=tmp_path / "rates")
    found = replace(context, workspace=replace(context.workspace, settings=settings))
    bounds = {"bound_ms": 130.0, "percentile": 0.99}
    what = {"model": MODEL, "cores": 2, "openvino": "x", "queries": 9, "seconds": 1.0}

    def rated(qps: float) -> list[float]:
        write_rate(tmp_path / "rates", FoundRate(target_qps=qps, **bounds, **what))  # type: ignore[arg-type]
        made = stage(found, Scenario.SERVER)
        assert made.settings()["loadgen"]["target_qps"] == qps
        return measured(monkeypatch, made, Machine(tmp_path, late_above(15)))[0]

    assert rated(14.25) == [14.25]
    assert rated(17.5) == [17.5, 15.0]
    assert rated(13.5) == [13.5], "what another rate has shown does not count"
    demo = stage(context, Scenario.SERVER)
    assert demo.settings()["loadgen"]["target_qps"] == {"share_of_probed_rate": 0.5}


def test_a_server_rate_that_is_too_high_shrinks(
    monkeypatch: pytest.MonkeyPatch, context: Context, tmp_path: Path
) -> None:
    asked, _ = measured(
        monkeypatch, stage(context, Scenario.SERVER), Machine(tmp_path, late_above(15))
    )
    assert asked == [20.0, 17.0, 14.0]


def test_after_the_last_repetition_the_error_stands_and_the_next_start_goes_on(
    monkeypatch: pytest.MonkeyPatch, context: Context, tmp_path: Path
) -> None:
    machine = Machine(tmp_path, late_above(11))
    with pytest.raises(StageError, match="not VALID"):
        measured(monkeypatch, stage(context, Scenario.SERVER), machine)
    assert len(machine.asked) == REPEATS + 1
    asked, _ = measured(
        monkeypatch, stage(context, Scenario.SERVER), Machine(tmp_path, late_above(11))
    )
    assert asked == [12.0, 10.0]


@pytest.mark.parametrize(
    "unmet", [{}, {"kind": "watchdog"}, {"result_min_queries_met": False}, {"kind": "memory"}]
)
def test_what_no_setting_mends_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, context: Context, tmp_path: Path, unmet: Values
) -> None:
    machine = Machine(tmp_path, lambda _: unmet)
    with pytest.raises(FailedRunError):
        measured(monkeypatch, stage(context, Scenario.SERVER), machine)
    assert len(machine.asked) == 1


def test_an_accuracy_run_has_nothing_to_mend(
    monkeypatch: pytest.MonkeyPatch, context: Context, tmp_path: Path
) -> None:
    machine = Machine(tmp_path, late_above(1))
    with pytest.raises(FailedRunError):
        measured(monkeypatch, stage(context, Scenario.SERVER, Mode.ACCURACY), machine)
    assert len(machine.asked) == 1


def test_a_server_rate_that_a_person_chose_is_not_changed_and_the_hint_says_the_right_one(
    monkeypatch: pytest.MonkeyPatch, context: Context, tmp_path: Path
) -> None:
    profile = context.profile
    (item,) = (each for each in profile.benchmarks if each.model == MODEL)
    numbers = {
        key: replace(each, target_qps=100.0, share_of_probed_rate=None)
        for key, each in item.runs.items()
    }
    chosen = replace(profile, benchmarks=(replace(item, runs=numbers),))
    monkeypatch.setitem(vars(context.workspace), "profile", chosen)
    with pytest.raises(StageError) as error:
        measured(monkeypatch, stage(context, Scenario.SERVER), Machine(tmp_path, late_above(15)))
    assert "target_qps to 85 there" in error.value.hint
    # Offline's is an expectation and no wish
    asked, _ = measured(
        monkeypatch, stage(context, Scenario.OFFLINE), Machine(tmp_path, short_below(228))
    )
    assert asked == [100.0, 260.0]


def test_a_probe_that_is_made_again_is_no_reason_to_measure_again(context: Context) -> None:
    offline = stage(context, Scenario.OFFLINE)
    before = json.dumps(offline.settings(), default=str)
    rate = loadgen_settings(context, offline.run_id).target_qps
    write_json(context.workspace.probe_file(MODEL), {"passes": [200.0, 230.0], "cores": 2})
    assert loadgen_settings(context, offline.run_id).target_qps > rate
    assert json.dumps(offline.settings(), default=str) == before


def test_offline_follows_the_fastest_pass_and_server_the_slowest(context: Context) -> None:
    write_json(context.workspace.probe_file(MODEL), {"passes": [100.0, 200.0, 150.0], "cores": 2})
    offline, server = (
        loadgen_settings(context, stage(context, each).run_id).target_qps
        for each in (Scenario.OFFLINE, Scenario.SERVER)
    )
    assert (offline, server) == (210.0, 50.0)
