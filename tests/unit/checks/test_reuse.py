import pytest

from submission.checks.reuse import may_share

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
