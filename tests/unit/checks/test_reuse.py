from dataclasses import replace

import pytest

from submission.checks.result_facts import ScoreUse
from submission.checks.reuse import (
    LATENCIES,
    copied_figures,
    figures_of,
    inferred_scores,
    may_share,
)
from submission.loadgen import DetailLog
from submission.terms import Scenario

LOG = "performance/run_1/mlperf_log_detail.txt"


def place(benchmark: str, *, scenario: str = "Server", system: str = "sys") -> str:
    return f"open/Me/results/{system}/{benchmark}/{scenario}/{LOG}"


@pytest.mark.parametrize("other", ["bert-99.9_small", "bert-99_small"])
def test_one_run_may_stand_for_both_accuracies_of_a_benchmark(other: str) -> None:
    assert may_share(place("bert-99_small"), place(other))


def test_one_run_may_stand_for_an_inferred_scenario() -> None:
    measured = place("bert-99", scenario="SingleStream")
    assert may_share(measured, place("bert-99", scenario="Offline"))


@pytest.mark.parametrize("other", ["bert-99_large", "bert-999_small", "resnet50"])
def test_another_model_needs_a_run_of_its_own(other: str) -> None:
    assert not may_share(place("bert-99_small"), place(other))


def test_another_system_needs_a_run_of_its_own() -> None:
    assert not may_share(place("bert-99"), place("bert-99", system="other"))


@pytest.mark.parametrize(("one", "other"), [("yolo-95", "yolo-99"), ("bert-99", "bert-99.9")])
def test_an_accuracy_target_makes_no_other_run(one: str, other: str) -> None:
    assert may_share(place(one), place(other))


def test_the_same_latencies_in_two_systems_are_one_run() -> None:
    mine, theirs = place("bert-99"), place("bert-99", system="other")
    same, shared = place("bert-99.9"), place("resnet50")
    found = copied_figures([(1, mine), (1, theirs), (1, same), (2, shared)])
    assert set(found) == {(mine, theirs), (same, theirs)}
    assert copied_figures([(1, mine), (1, same), (2, shared)]) == ()


def test_a_log_without_latencies_has_no_figures() -> None:
    log = DetailLog(size_bytes=0, values={LATENCIES[0]: 5}, lines={}, line_count=1, marked_count=1)
    assert figures_of(log) is None
    values = dict.fromkeys(LATENCIES, 5)
    assert figures_of(replace(log, values=values)) == figures_of(replace(log, values=values))
    other = values | {LATENCIES[1]: 6}
    assert figures_of(replace(log, values=values)) != figures_of(replace(log, values=other))


def score(folder: str, logged: Scenario, value: str, benchmark: str = "resnet50") -> ScoreUse:
    return ScoreUse(
        benchmark=benchmark,
        scenario=logged,
        is_own=folder == logged,
        path=f"{benchmark}/{folder}/accuracy.txt",
        scores=(("acc", value),),
    )


@pytest.mark.parametrize(
    ("folder", "logged", "value", "other"),
    [
        ("Offline", Scenario.SINGLE_STREAM, "76.000", "resnet50"),
        ("Offline", Scenario.SINGLE_STREAM, "76.0", "resnet50"),
        ("Offline", Scenario.OFFLINE, "77.0", "resnet50"),  # its own accuracy run
        ("Interactive", Scenario.SERVER, "77.0", "resnet50"),  # no result is inferred from Server
        ("Offline", Scenario.SINGLE_STREAM, "77.0", "bert-99"),
    ],
)
def test_an_accuracy_may_stand_beside_that_of_another_run(
    folder: str, logged: Scenario, value: str, other: str
) -> None:
    own = [score(each, each, "76.000") for each in (Scenario.SINGLE_STREAM, Scenario.SERVER)]
    assert inferred_scores([*own, score(folder, logged, value, other)]) == ()


def test_an_inferred_accuracy_is_that_of_its_source() -> None:
    own = score("SingleStream", Scenario.SINGLE_STREAM, "76.000")
    better = score("Offline", Scenario.SINGLE_STREAM, "77.0")
    assert inferred_scores([better, own]) == ((better.path, own.path),)
