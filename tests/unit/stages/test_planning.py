"""Plans of a profile's runs."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from submission.container.host_engine import HostEngine
from submission.files import write_json
from submission.runs.context import Context
from submission.runs.planning import place_of, plan_words, sut_plan
from submission.runs.tuned import Tuned, write_tuned
from submission.stages.measure import Measure
from submission.terms import Mode, RunId, Scenario, SutPlan
from submission.workspace.resolve import resolve


def context_of(repo: Path, workspace: Path, **more: str) -> Context:
    environment = {"WORKSPACE": str(workspace), **more}
    resolved = resolve(repo, environment=environment, arguments={})
    return Context(workspace=resolved, connect=lambda: HostEngine(environment={}, root=repo))


def plan_of(context: Context, scenario: Scenario, model: str = "minilm-squad") -> SutPlan:
    run = RunId(benchmark=model, scenario=scenario, mode=Mode.PERFORMANCE)
    return sut_plan(context, run)


def test_a_profile_of_steps_gets_its_steps(repo: Path, tmp_path: Path) -> None:
    context = context_of(repo, tmp_path)
    plan = plan_of(context, Scenario.OFFLINE, context.profile.benchmarks[0].model)
    assert plan.buckets == (64, 128, 192, 256, 320, 384)
    assert plan.batch == 1


def test_a_planned_profile_says_that_nothing_was_tuned(
    repo: Path, tmp_path: Path, untuned: Path
) -> None:
    context = context_of(repo, tmp_path, PROFILE="official")
    context = replace(context, workspace=replace(context.workspace, root=untuned))
    plan = plan_of(context, Scenario.OFFLINE)
    assert len(plan.buckets) == 20
    assert "not tuned on this machine" in plan.reason


def test_what_was_tuned_here_comes_first(repo: Path, tmp_path: Path, untuned: Path) -> None:
    context = context_of(repo, tmp_path, PROFILE="official")
    context = replace(context, workspace=replace(context.workspace, root=untuned))
    won = Tuned(choice={"shapes": 3, "batch": 8}, reason="8 together were fastest here")
    folder = untuned / "measurements" / "tuned"
    write_tuned(folder, place_of(context, "minilm-squad", "f32"), Scenario.OFFLINE, won, [])
    plan = plan_of(context, Scenario.OFFLINE)
    assert (len(plan.buckets), plan.batch) == (3, 8)
    assert "; 8 together were fastest here (measurements/tuned/minilm-squad/" in plan.reason


@pytest.mark.slow
def test_a_run_is_measured_again_for_another_plan_and_not_for_another_reason(
    repo: Path, tmp_path: Path, untuned: Path
) -> None:
    context = context_of(repo, tmp_path, PROFILE="official")
    context = replace(context, workspace=replace(context.workspace, root=untuned))

    def measured_with(shapes: int, reason: str) -> Mapping[str, Any]:
        won = Tuned(choice={"shapes": shapes}, reason=reason)
        place = place_of(context, "minilm-squad", "f32")
        write_tuned(untuned / "measurements/tuned", place, Scenario.OFFLINE, won, [])
        run = RunId(benchmark="minilm-squad", scenario=Scenario.OFFLINE, mode=Mode.PERFORMANCE)
        assert reason in sut_plan(context, run).reason
        return Measure(context=context, run_id=run).settings()

    first = measured_with(3, "it won")
    assert measured_with(3, "it won again") == first
    assert measured_with(4, "it won") != first


def test_what_was_tuned_within_other_memory_is_not_taken(
    repo: Path, tmp_path: Path, untuned: Path
) -> None:
    context = context_of(repo, tmp_path, PROFILE="official", MEMORY_BYTES="1000000000")
    context = replace(context, workspace=replace(context.workspace, root=untuned))
    place = place_of(context, "minilm-squad", "f32")
    won = Tuned(choice={"shapes": 3}, reason="won")
    write_tuned(untuned / "measurements/tuned", place, Scenario.OFFLINE, won, [])
    reason = plan_of(context, Scenario.OFFLINE).reason
    # not what: several NUMA nodes share the container's memory
    assert "is for memory_bytes 1900000000, not " in reason


def test_the_words_of_a_plan_say_all_that_was_chosen() -> None:
    asked = {"batch": 2, "inference_precision": "f32", "reason": "tuned here"}
    used = {"buckets": [64, 384], "streams": 4, "requests": 4}
    assert plan_words({"asked": asked, "used": used}) == (
        "buckets of 64, 384 tokens; 2 samples together; 4 streams, 4 requests; "
        "precision f32; tuned here"
    )


def test_a_container_of_little_memory_gets_fewer_buckets(repo: Path, tmp_path: Path) -> None:
    small = context_of(repo, tmp_path, PROFILE="official", MEMORY_BYTES="600000000")
    assert len(plan_of(small, Scenario.SERVER).buckets) < 10


@pytest.mark.parametrize(("rate", "streams"), [(200.0, 0), (20.0, 1)])
def test_the_probe_decides_on_streams(
    repo: Path, tmp_path: Path, rate: float, streams: int
) -> None:
    context = context_of(repo, tmp_path, PROFILE="official")
    write_json(
        context.workspace.probe_file("minilm-squad"), {"passes": [rate, rate + 1], "cores": 2}
    )
    assert plan_of(context, Scenario.SERVER).streams == streams


@pytest.fixture
def untuned(repo: Path, tmp_path: Path) -> Path:
    """A root with the models of the checkout and nothing that was tuned."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "models").symlink_to(repo / "models")
    (root / "measurements").mkdir()
    (root / "measurements/profiles").symlink_to(repo / "measurements/profiles")
    return root
