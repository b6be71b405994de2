"""Verdicts over a detail log."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from submission.harness.detail_log import DetailLog
from submission.harness.failure import HarnessError
from submission.harness.outcome import expected_effective, judge
from submission.terms import Mode, RunSpec, Scenario

SpecMaker = Callable[..., RunSpec]


def log_of(spec: RunSpec, *, errors: tuple[str, ...] = (), **changes: Any) -> DetailLog:
    """A good log of the run, with changes."""
    good = {**expected_effective(spec), "result_validity": "VALID"}
    return DetailLog(values={**good, **changes}, errors=errors)


def verdict(spec: RunSpec, log: DetailLog, answered: int = 40) -> HarnessError:
    with pytest.raises(HarnessError) as caught:
        judge(spec, log, answered=answered, count=40)
    return caught.value


def test_a_good_log_passes(make_spec: SpecMaker) -> None:
    spec = make_spec(Scenario.SERVER)
    judge(spec, log_of(spec), answered=500, count=40)


@pytest.mark.parametrize("scenario", [Scenario.OFFLINE, Scenario.SERVER])
def test_every_effective_value_is_looked_at(make_spec: SpecMaker, scenario: Scenario) -> None:
    spec = make_spec(scenario)
    for key, value in expected_effective(spec).items():
        other: Any = "other" if isinstance(value, str) else value + 1
        error = verdict(spec, log_of(spec, **{key: other}))
        assert error.kind == "settings"
        assert f"{key} is {other!r}, asked was {value!r}" in error.detail


def test_a_missing_effective_value_is_a_difference(make_spec: SpecMaker) -> None:
    spec = make_spec()
    values = dict(log_of(spec).values)
    del values["effective_qsl_rng_seed"]
    assert verdict(spec, DetailLog(values=values, errors=())).kind == "settings"


def test_seeds_are_compared_to_the_last_digit(make_spec: SpecMaker) -> None:
    spec = make_spec()
    seed = spec.settings.qsl_rng_seed + 1
    assert verdict(spec, log_of(spec, effective_qsl_rng_seed=seed)).kind == "settings"


def test_six_digits_of_a_rate_are_enough(make_spec: SpecMaker) -> None:
    spec = make_spec(Scenario.SERVER, target_qps=194.2071234)
    judge(spec, log_of(spec, effective_target_qps=194.207), answered=500, count=40)


def test_an_error_line_fails_the_run(make_spec: SpecMaker) -> None:
    spec = make_spec()
    error = verdict(spec, log_of(spec, errors=("error_invalid_config: two files",)))
    assert error.kind == "loadgen"
    assert "two files" in error.detail


def test_a_log_without_a_verdict_is_not_valid(make_spec: SpecMaker) -> None:
    spec = make_spec()
    assert verdict(spec, log_of(spec, result_validity=None)).kind == "invalid"


def test_an_accuracy_run_must_be_whole(make_spec: SpecMaker) -> None:
    spec = make_spec(Scenario.OFFLINE, Mode.ACCURACY)
    accuracy = Path(spec.out) / "mlperf_log_accuracy.json"
    accuracy.write_text('{"seq_id": 0, "qsl_idx": 7, "data": "00"},\n' * 39)
    error = verdict(spec, log_of(spec))
    assert error.kind == "loadgen"
    assert "40 samples, 40 answered, 39 in the accuracy log" in error.detail
