"""Verdicts over a detail log."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from submission.harness.failure import HarnessError
from submission.harness.outcome import expected_effective, judge, read_log
from submission.loadgen import DetailLog, Message
from submission.terms import Mode, RunSpec, Scenario

SpecMaker = Callable[..., RunSpec]


def log_of(spec: RunSpec, *, errors: tuple[Message, ...] = (), **changes: Any) -> DetailLog:
    """A good log of the run, with changes."""
    good = {**expected_effective(spec), "result_validity": "VALID"}
    return log_with({**good, **changes}, errors)


def log_with(values: dict[str, Any], errors: tuple[Message, ...] = ()) -> DetailLog:
    return DetailLog(
        values=values, errors=errors, lines={}, size_bytes=0, line_count=0, marked_count=0
    )


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
        assert f"{key} is {other!r}, requested was {value!r}" in error.detail


def test_a_missing_effective_value_is_a_difference(make_spec: SpecMaker) -> None:
    spec = make_spec()
    values = dict(log_of(spec).values)
    del values["effective_qsl_rng_seed"]
    assert verdict(spec, log_with(values)).kind == "settings"


def test_seeds_are_compared_to_the_last_digit(make_spec: SpecMaker) -> None:
    spec = make_spec()
    seed = spec.settings.qsl_rng_seed + 1
    assert verdict(spec, log_of(spec, effective_qsl_rng_seed=seed)).kind == "settings"


def test_six_digits_of_a_rate_are_enough(make_spec: SpecMaker) -> None:
    spec = make_spec(Scenario.SERVER, target_qps=194.2071234)
    judge(spec, log_of(spec, effective_target_qps=194.207), answered=500, count=40)


def test_an_error_line_fails_the_run(make_spec: SpecMaker) -> None:
    spec = make_spec()
    line = Message(line=7, key="error_invalid_config", text="two files")
    error = verdict(spec, log_of(spec, errors=(line,)))
    assert error.kind == "loadgen"
    assert error.detail == "error_invalid_config: two files"


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


LINE = (
    ':::MLLOG {"key": "result_validity", "value": "VALID", "time_ms": 1.0, "namespace": '
    '"mlperf::logging", "event_type": "POINT_IN_TIME", "metadata": {"is_error": false, '
    '"is_warning": false, "file": "loadgen.cc", "line_no": 1, "pid": 1, "tid": 1}}\n'
)


def test_a_whole_detail_log_is_read(tmp_path: Path) -> None:
    (tmp_path / "mlperf_log_detail.txt").write_text(f"a line of the SUT\n{LINE}")
    assert read_log(tmp_path).values == {"result_validity": "VALID"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "No such file"),
        ("", "no line written by LoadGen"),
        (LINE[:-30], "line 1: the line is not JSON"),
        (LINE + LINE.replace('"key"', '"kee"'), "line 2: the line has no key"),
        (LINE.replace('"metadata"', '"meta"'), "line 1: result_validity has no metadata"),
    ],
)
def test_a_missing_or_damaged_detail_log_fails_the_run(
    tmp_path: Path, text: str | None, words: str
) -> None:
    if text is not None:
        (tmp_path / "mlperf_log_detail.txt").write_text(text)
    with pytest.raises(HarnessError, match="detail log cannot be read") as caught:
        read_log(tmp_path)
    assert caught.value.kind == "loadgen"
    assert words in caught.value.detail
