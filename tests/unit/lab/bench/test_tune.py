"""Which candidate wins, over passes that are given; and who takes what won."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from submission.cli import main
from submission.container.host_engine import HostEngine
from submission.errors import StageError, UsageError
from submission.lab.bench.contest import Candidate, Choice, candidates, distinct, hopeful, winner
from submission.lab.bench.process import Passed
from submission.lab.bench.setup import BenchSetup, refuse_settings
from submission.lab.bench.tune import ContestLimits, measure_all
from submission.runs.context import Context
from submission.runs.decide import BUCKETS, Subject, make_plan
from submission.runs.planning import sut_plan
from submission.terms import Mode, PlanRequest, RunId, Scenario, SutPlan
from submission.workspace.resolve import resolve

pytestmark = pytest.mark.slow


def passed(rate: float, memory_bytes: int = 0) -> Passed:
    return Passed(samples=100, wall_s=100 / rate, cpu_s=200 / rate, memory_bytes=memory_bytes)


def candidate(batch: int, *rates: float) -> Candidate:
    choice = {"shapes": 20, "batch": batch, "streams": 0, "requests": 0}
    return Candidate(choice=choice, passes=[passed(rate) for rate in rates])


def silent(line: str) -> None:
    del line


def test_plans_are_measured_in_the_precision_that_profiles_run_in() -> None:
    assert BenchSetup.precision == PlanRequest().inference_precision


def test_the_default_is_measured_first_and_once() -> None:
    found = candidates(PlanRequest(batch=2, shapes=BUCKETS))
    assert found[0] == {"shapes": 20, "batch": 2, "streams": 0, "requests": 0}
    assert found.count(found[0]) == 1


def test_wishes_that_the_planner_bounds_to_one_plan_are_one_candidate() -> None:
    lengths = np.arange(1, 385, dtype=np.int32)
    small = Subject(lengths=lengths, longest=384, trailing_pad=0, weight_bytes=100_000_000)

    def plan(choice: Choice) -> SutPlan:
        return make_plan(small, Scenario.OFFLINE, replace(PlanRequest(), shapes=choice["shapes"]))

    found = distinct(candidates(PlanRequest(batch=2, shapes=BUCKETS)), plan)
    assert {each["shapes"] for each in found} == {8}
    assert [each["batch"] for each in found] == [2, 1, 4, 2]


def test_the_fastest_by_the_median_of_its_rounds_wins() -> None:
    field = [candidate(2, 10, 10, 10), candidate(1, 12, 11, 11), candidate(4, 30, 9, 9)]
    won = winner(field)
    assert won.choice["batch"] == 1
    assert won.reason == (
        "tuned here: 20 buckets, 1 together, a stream a core was 10.0% faster than 20 buckets, "
        "2 together, a stream a core (3 rounds of 100 samples)"
    )


def test_rounds_are_compared_with_the_same_round_of_the_default() -> None:
    # a neighbour slowed the whole second round down
    field = [candidate(2, 10, 5), candidate(1, 10, 5)]
    assert winner(field).choice["batch"] == 2


@pytest.mark.parametrize(("rate", "cpu_s"), [(20, 10.0), (10, 5.0)])
def test_what_shows_by_the_clock_or_in_cpu_time_alone_does_not_win(rate: int, cpu_s: float) -> None:
    lucky = Passed(samples=100, wall_s=100 / rate, cpu_s=cpu_s)
    field = [candidate(2), candidate(1)]
    field[0].passes += [replace(lucky, wall_s=10, cpu_s=10.0)] * 2
    field[1].passes += [lucky] * 2
    assert winner(field).choice["batch"] == 2


def test_a_gain_within_noise_changes_nothing() -> None:
    won = winner([candidate(2, 10, 10), candidate(1, 10.1, 10.1)])
    assert won.choice["batch"] == 2
    assert "none of 1 others was over 2.0% faster (2 rounds of 100 samples)" in won.reason


@pytest.mark.parametrize(("other", "batch"), [((11, 9.9), 2), ((12, 10.8), 1)])
def test_a_gain_must_be_above_that_of_the_default_over_itself(
    other: tuple[float, ...], batch: int
) -> None:
    # the default's own first round was 11 percent faster than its second
    assert winner([candidate(2, 10, 9), candidate(1, *other)]).choice["batch"] == batch


def test_the_hopeless_are_left_out_and_the_default_stays() -> None:
    field = [candidate(2, 5), candidate(1, 10), candidate(4, 8)]
    assert [each.choice["batch"] for each in hopeful(field)] == [2, 1]


@pytest.mark.parametrize("rates", [(), (20,)])
def test_what_was_not_measured_twice_cannot_win(rates: tuple[float, ...]) -> None:
    won = winner([candidate(2, 10, 10), candidate(1, *rates)])
    assert won.choice["batch"] == 2
    assert "nothing else was measured twice" in won.reason


def contest(
    one: Callable[[], Passed], *, ends: float = float("inf"), peak_bytes: int = 0
) -> list[Candidate]:
    """The default, of that peak, and one of batch 1, whose passes are what ``one`` gives."""
    field = [candidate(2), candidate(1)]

    def measure(choice: Choice, limit_s: float) -> Passed:
        del limit_s
        return one() if choice["batch"] == 1 else passed(10, memory_bytes=peak_bytes)

    measure_all(field, measure, ContestLimits(rounds=2, ends=ends, memory_bytes=10**9), silent)
    return field


def test_a_candidate_that_fails_is_noted_and_the_others_go_on() -> None:
    def fails() -> Passed:
        raise StageError("it broke", detail="in the middle", hint="none")

    field = contest(fails)
    assert [len(each.passes) for each in field] == [2, 0]
    assert field[1].to_json()["failure"] == "it broke: in the middle"
    assert winner(field).choice["batch"] == 2


def test_a_fast_plan_over_the_bound_of_memory_does_not_win() -> None:
    field = contest(lambda: passed(20, memory_bytes=2 * 10**9))
    assert field[1].failure == "it took 2.00 GB of memory, over the bound of 1.00 GB"
    assert winner(field).choice["batch"] == 2


@pytest.mark.parametrize(("took_gb", "batch"), [(3, 1), (4, 2)])
def test_a_plan_that_takes_no_more_memory_than_the_default_may_win(
    took_gb: int, batch: int
) -> None:
    field = contest(lambda: passed(20, memory_bytes=took_gb * 10**9), peak_bytes=3 * 10**9)
    assert winner(field).choice["batch"] == batch
    over = "it took 4.00 GB of memory, over the default's own 3.00 GB"
    assert field[1].failure == ("" if batch == 1 else over)


def test_a_default_that_fails_ends_tune() -> None:
    def fails(choice: Choice, limit_s: float) -> Passed:
        raise StageError("it broke", detail=f"{choice}", hint=f"{limit_s}")

    bounds = ContestLimits(rounds=2, ends=0, memory_bytes=1)
    with pytest.raises(StageError, match="it broke"):
        measure_all([candidate(2)], fails, bounds, silent)


def test_without_time_the_default_is_measured_once() -> None:
    assert [len(each.passes) for each in contest(lambda: passed(20), ends=0)] == [1, 0]


@pytest.mark.parametrize(
    ("word", "reported"),
    [
        ("--rounds=1", "--rounds 1"),
        ("--samples=0", "--samples 0"),
        ("--budget=nan", "--budget nan"),
    ],
)
def test_numbers_without_a_measurement_are_refused(
    word: str, reported: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tune", word]) == 2
    assert reported in capsys.readouterr().err


def test_a_setting_that_tune_would_ignore_is_refused(repo: Path) -> None:
    with pytest.raises(UsageError) as error:
        refuse_settings(resolve(repo, environment={"CPUSET": "0-3"}, arguments={}))
    assert "taskset -c 0-3 make tune" in error.value.hint
    refuse_settings(resolve(repo, environment={"CPUSET": ""}, arguments={}))


@pytest.mark.parametrize("target", ["tune", "find-qps", "bench-sut"])
def test_make_hands_the_bound_of_memory_on(repo: Path, target: str) -> None:
    words = ["make", "--dry-run", target, "MEMORY=8"]
    done = subprocess.run(words, cwd=repo, capture_output=True, text=True, check=True)
    assert "--memory '8'" in done.stdout


def test_tune_takes_no_other_samples_than_those_of_runs(repo: Path, tmp_path: Path) -> None:
    workspace = resolve(repo, environment={}, arguments={"workspace": str(tmp_path)})
    (tmp_path / "data/squad").mkdir(parents=True)  # of a fetch that was interrupted
    with pytest.raises(UsageError, match="no SQuAD") as error:
        BenchSetup(workspace=workspace, folder=tmp_path).samples(silent, embedded=False)
    assert error.value.hint.startswith("run make data first")


def test_features_of_other_data_are_made_again(repo: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("mini-v1.1.json", "vocab.txt"):
        shutil.copy(repo / "models/squad-mini" / name, data)
    workspace = resolve(repo, environment={}, arguments={})
    setup = BenchSetup(workspace=workspace, folder=tmp_path, data=data)
    before = setup.samples(silent).read_bytes()
    text = (data / "mini-v1.1.json").read_text(encoding="utf-8")
    (data / "mini-v1.1.json").write_text(text.replace(" the ", " a ", 1), encoding="utf-8")
    assert setup.samples(silent).read_bytes() != before


def test_what_tune_stores_is_what_a_run_of_a_profile_takes(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CPUSET", "OPENVINO"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "root"
    root.mkdir()
    (root / "models").symlink_to(repo / "models")
    (root / "measurements").mkdir()
    (root / "measurements/profiles").symlink_to(repo / "measurements/profiles")
    tune(repo, tmp_path, root / "measurements" / "tuned")
    workspace = resolve(
        repo,
        environment={"WORKSPACE": str(tmp_path / "out"), "PROFILE": "official", "RUNNER": "host"},
        arguments={},
    )
    context = Context(workspace=replace(workspace, root=root), connect=engine)
    context.features_file().parent.mkdir(parents=True)
    shutil.copy(tmp_path / "tune" / "features-mini-v1.1.npz", context.features_file())
    for scenario in (Scenario.OFFLINE, Scenario.SERVER):
        run_id = RunId(benchmark="minilm-squad", scenario=scenario, mode=Mode.PERFORMANCE)
        plan = sut_plan(context, run_id)
        assert len(plan.buckets) == 2
        assert "the time of tune" in plan.reason


def tune(repo: Path, tmp_path: Path, into: Path) -> None:
    """The default alone, of two lengths, in one pass of a few samples for each scenario."""
    words = ["minilm-squad", "--shapes=2", "--samples=8", "--budget=0.001", f"--into={into}"]
    places = [f"--data={repo / 'models/squad-mini'}", f"--manifests={repo / 'models'}"]
    assert main(["tune", *words, *places, f"--folder={tmp_path / 'tune'}"]) == 0


def engine() -> HostEngine:
    return HostEngine(environment={}, root=Path())
