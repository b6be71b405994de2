"""``tune`` and ``find-qps`` before a system measures: what they are asked, and what is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from submission.campaign.before import KINDS
from submission.cli import main
from submission.errors import FindingsError, StageError
from submission.lab.bench import before
from submission.lab.bench.before import FindRate, TunePlans, stages_before
from submission.lab.bench.find_qps import RateSearch
from submission.lab.bench.tune import Tuning
from submission.runs.context import Context
from submission.runs.planning import asked_plan
from submission.runs.rates import FoundRate, write_rate
from submission.runs.tuned import Tuned, write_tuned
from submission.terms import Scenario
from submission.workspace.resolve import resolve
from tests.fakes.shows import SilentShow

MODEL = "minilm-squad_jpqd-50"


@pytest.fixture
def context(repo: Path, tmp_path: Path) -> Context:
    (tmp_path / "tuned").mkdir()
    environment = {
        "RUNNER": "host",
        "PROFILE": "official",
        "CPUSET": "0",
        "WORKSPACE": str(tmp_path),
        "TUNED": str(tmp_path / "tuned"),
        "RATES": str(tmp_path / "rates"),
    }
    workspace = resolve(repo, environment=environment, arguments={})
    return Context(workspace=workspace, connect=pytest.fail)


def test_a_profile_gets_a_stage_for_each_model_and_kind(context: Context) -> None:
    asked = {kind.key: {"budget_s": 1} for kind in KINDS}
    stages = {each.name: each for each in stages_before(context, asked)}
    assert len(stages) == 2 * len(context.profile.benchmarks)
    assert f"tune[{MODEL}]" in stages[f"find-qps[{MODEL}]"].needs
    assert {kind.cell_name(MODEL) for kind in KINDS} <= stages.keys()
    for kind in KINDS:
        made = stages[kind.cell_name(MODEL)].outputs()
        assert made == (kind.made(context.workspace, MODEL),), "what the coordinator waits for"


def test_a_plan_is_tuned_for_the_runs_of_the_profile(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = TunePlans(context, model=MODEL, asked={"budget_s": 5, "samples": 7})

    def tune(asked: Tuning, **_: Any) -> None:
        assert (asked.model, asked.budget, asked.samples) == (MODEL, 5, 7)
        assert asked.into == tmp_path / "tuned"
        settings = asked.setup.workspace.settings
        assert (settings.dataset, settings.cpuset) == ("squad", None)
        place = stage._place(asked_plan(context, stage._run_id(Scenario.SERVER)))
        for scenario in Scenario.OFFLINE, Scenario.SERVER:
            tuned = Tuned(choice={"shapes": 3}, reason=f"best {scenario}")
            write_tuned(tmp_path / "tuned", place, scenario, tuned, [])

    monkeypatch.setattr(before, "tune", tune)
    show = SilentShow()
    stage.run(show)
    assert show.said == ["Offline: best Offline; Server: best Server"]


def test_a_plan_that_the_runs_cannot_use_is_an_error(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(before, "tune", lambda asked, **_: None)
    with pytest.raises(StageError, match="is not for the runs of the profile") as error:
        TunePlans(context, model=MODEL).run(SilentShow())
    assert "not tuned on this machine" in error.value.detail


def test_a_rate_is_found_at_the_bound_of_the_profile(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(asked: RateSearch, **_: Any) -> None:
        assert (asked.budget, asked.full, asked.short) == (9, 60, 5)
        assert (asked.bound.ms, asked.percentile) == (130, 0.99)
        rate = FoundRate(
            model=MODEL,
            target_qps=77.0,
            bound_ms=asked.bound.ms,
            percentile=asked.percentile or 0,
            cores=1,
            openvino="x",
            queries=1,
            seconds=1.0,
        )
        write_rate(asked.setup.workspace.rates_folder(), rate)

    monkeypatch.setattr(before, "find_qps", find)
    show = SilentShow()
    stage = FindRate(context, model=MODEL, asked={"budget_s": 9, "full_s": 60, "short_s": 5})
    settings = stage.settings()
    stage.run(show)
    assert show.said == ["77 queries/s at 130 ms"]
    assert stage.outputs() == (tmp_path / "rates" / f"{MODEL}.json",)
    assert stage.settings() == settings, "not of the rate itself"


def test_a_search_without_a_result_says_what_to_change_in_the_file(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(asked: RateSearch, **_: Any) -> None:
        raise FindingsError("no rate was confirmed", detail="3 runs", hint="--budget 60")

    monkeypatch.setattr(before, "find_qps", find)
    with pytest.raises(StageError, match="no rate was confirmed") as error:
        FindRate(context, model=MODEL).run(SilentShow())
    assert '"budget_s" in the campaign file' in error.value.hint


def test_the_command_refuses_processors_that_are_not_there(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repo)
    monkeypatch.setattr("submission.cli.lab.bench_cell.refuse_other_checkout", lambda *_: None)
    result = tmp_path / "result.tar"
    words = ["run-bench-cell", f"tune[{MODEL}]", "--result", str(result), "--checkout", "x"]
    options = ["--cpuset", "1000", "--workspace", str(tmp_path / "out"), "--tune", "{}"]
    assert main([*words, *options]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: the cpuset of this system cannot be used here\n  detail: 1000")
    assert said.count("\n") == 3
