"""Which candidate wins, over passes that are given; and who takes what won."""

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from submission.bench.process import Passed
from submission.bench.tune import Candidate, add_arguments, candidates, hopeful, run, winner
from submission.container.host_engine import HostEngine
from submission.planner.decide import Wish
from submission.settings.profile import PlanWish
from submission.settings.resolve import resolve
from submission.stages.context import Context
from submission.stages.planning import sut_plan
from submission.terms import Mode, RunId, Scenario


def candidate(batch: int, *rates: float) -> Candidate:
    passes = [Passed(samples=100, wall_s=100 / rate, cpu_s=200 / rate) for rate in rates]
    choice = {"shapes": 20, "batch": batch, "streams": 0, "requests": 0}
    return Candidate(choice=choice, passes=passes)


def test_plans_are_measured_in_the_precision_that_profiles_run_in() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert parser.parse_args([]).precision == PlanWish().inference_precision


def test_the_default_is_measured_first_and_once() -> None:
    found = candidates(Wish(batch=2))
    assert found[0] == {"shapes": 20, "batch": 2, "streams": 0, "requests": 0}
    assert found.count(found[0]) == 1


def test_the_fastest_by_the_median_of_its_rounds_wins() -> None:
    field = [candidate(2, 10, 10, 10), candidate(1, 12, 11, 11), candidate(4, 30, 9, 9)]
    won = winner(field)
    assert won.choice["batch"] == 1
    assert "10.0% faster than 20 lengths, 2 together" in won.reason


def test_rounds_are_compared_with_the_same_round_of_the_default() -> None:
    # a neighbour slowed the whole second round down
    field = [candidate(2, 10, 5), candidate(1, 10, 5)]
    assert winner(field).choice["batch"] == 2


@pytest.mark.parametrize(("rate", "cpu_s"), [(20, 10.0), (10, 5.0)])
def test_what_shows_by_the_clock_or_in_cpu_time_alone_does_not_win(rate: int, cpu_s: float) -> None:
    lucky = Passed(samples=100, wall_s=100 / rate, cpu_s=cpu_s)
    field = [replace(candidate(2, 10), passes=[replace(lucky, wall_s=10, cpu_s=10.0)])]
    assert winner([*field, replace(candidate(1), passes=[lucky])]).choice["batch"] == 2


def test_a_gain_within_noise_changes_nothing() -> None:
    won = winner([candidate(2, 10, 10), candidate(1, 10.1, 10.1)])
    assert won.choice["batch"] == 2
    assert "none of 1 others" in won.reason


def test_the_hopeless_are_left_out_and_the_default_stays() -> None:
    field = [candidate(2, 5), candidate(1, 10), candidate(4, 8)]
    assert [each.choice["batch"] for each in hopeful(field)] == [2, 1]


def test_what_was_never_measured_cannot_win() -> None:
    won = winner([candidate(2, 10), candidate(1)])
    assert won.choice["batch"] == 2
    assert "nothing else was measured" in won.reason


def test_what_tune_stores_is_what_a_run_of_a_profile_takes(repo: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "models").symlink_to(repo / "models")
    tune(repo, tmp_path, root / "measurements" / "tuned")
    settings = resolve(
        repo,
        file=None,
        environment={"WORKSPACE": str(tmp_path / "out"), "PROFILE": "official", "RUNNER": "host"},
        arguments={},
    )
    context = Context(settings=replace(settings, root=root), connect=engine)
    context.features_file().parent.mkdir(parents=True)
    shutil.copy(tmp_path / "tune" / "features-mini-v1.1.npz", context.features_file())
    for scenario in (Scenario.OFFLINE, Scenario.SERVER):
        asked = RunId(benchmark="minilm-squad", scenario=scenario, mode=Mode.PERFORMANCE)
        plan = sut_plan(context, asked)
        assert len(plan.buckets) == 2
        assert "the time that tune had here" in plan.reason


def tune(repo: Path, tmp_path: Path, into: Path) -> None:
    """The default alone, of two lengths, in one pass of a few samples for each scenario."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    words = ["minilm-squad", "--shapes=2", "--samples=8", "--budget=0.001", f"--into={into}"]
    places = [f"--data={repo / 'models/squad-mini'}", f"--manifests={repo / 'models'}"]
    asked = parser.parse_args([*words, *places, f"--folder={tmp_path / 'tune'}"])
    assert run(asked, say=lambda line: None, warn=lambda line: None) == 0


def engine() -> HostEngine:
    return HostEngine(environment={}, root=Path())
