"""A graph in operations of OpenVINO 2022.3, and what its pass leaves behind."""

from pathlib import Path

import pytest

from submission.errors import StageError, UsageError
from submission.files import read_json, write_json
from submission.harness.outcome import expected_effective
from submission.lab.bench.published_stack.stack import (
    LOCK,
    OPENVINO,
    PublishedStack,
    _passed,
    older_ir,
)
from submission.terms import LoadgenSettings, Mode, RunId, RunSpec, Scenario, SutPlan
from tests.fakes.loadgen_logs import line

LAYER = """<net><layers><layer id="0" name="and" type="BitwiseAnd" version="opset13">
<input><port id="0" precision="BOOL"/></input><output><port id="1" precision="{}"/></output></layer>
<layer id="1" name="sum" type="Add" version="opset1"/></layers></net>"""


def test_operations_on_truth_values_are_translated(tmp_path: Path) -> None:
    xml = tmp_path / "model.xml"
    xml.write_text(LAYER.format("BOOL"))
    text = older_ir(xml, tmp_path).read_text()
    assert 'name="and" type="LogicalAnd" version="opset1"' in text
    assert 'name="sum" type="Add" version="opset1"' in text
    assert "BitwiseAnd" in xml.read_text()


def test_an_operation_on_bits_is_refused(tmp_path: Path) -> None:
    xml = tmp_path / "model.xml"
    xml.write_text(LAYER.format("I64"))
    with pytest.raises(UsageError, match=r"cannot read model\.xml") as caught:
        older_ir(xml, tmp_path)
    assert caught.value.detail == "and is a BitwiseAnd of BOOL, I64"
    assert not (tmp_path / "published.xml").exists()


def test_a_pass_without_a_rate_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="left no result"):
        _passed(tmp_path, {"cpu_s": 1.0, "memory_bytes": 1.0})


@pytest.fixture
def server_spec(tmp_path: Path) -> Path:
    """The RunSpec of a Server run; files that it names need not be there."""
    run = RunId(benchmark="m", scenario=Scenario.SERVER, mode=Mode.PERFORMANCE)
    settings = LoadgenSettings(
        qsl_rng_seed=1,
        sample_index_rng_seed=2,
        schedule_rng_seed=3,
        performance_sample_count=9,
        min_duration_ms=1000,
        min_query_count=9,
        target_qps=10.0,
        target_latency_ns=10**8,
        target_latency_percentile=0.99,
    )
    spec = RunSpec(
        run=run,
        loadgen_model="bert",
        settings=settings,
        plan=SutPlan(buckets=(384,)),
        model_inputs={},
        profile="bench",
        watchdog_s=1.0,
        model_xml="none",
        features="none",
        mlperf_conf="none",
        user_conf="none",
        out="none",
    )
    path = tmp_path / "run_spec.json"
    write_json(path, spec.to_json())
    return path


@pytest.mark.parametrize("validity", ["VALID", "INVALID"])
def test_a_server_run_says_whether_loadgen_accepts_it(
    server_spec: Path, monkeypatch: pytest.MonkeyPatch, validity: str
) -> None:
    spec = RunSpec.from_json(read_json(server_spec))
    values = {
        **expected_effective(spec),
        "result_validity": validity,
        "result_perf_constraints_met": validity == "VALID",
        "result_99.00_percentile_latency_ns": 5,
    }
    lines = "".join(line(key, value) for key, value in values.items())
    (server_spec.parent / "mlperf_log_detail.txt").write_text(lines)
    monkeypatch.setattr(PublishedStack, "_run", lambda *_: {"answered": 12})
    report = PublishedStack(python="none").server_report(server_spec)
    assert (report.answered, report.number("result_99.00_percentile_latency_ns")) == (12, 5)
    assert (report.failure is None) is (validity == "VALID")
    if report.failure:
        assert report.failure.kind == "invalid"
        assert "result_perf_constraints_met" in report.failure.detail


def test_a_server_run_without_a_log_is_an_error(
    server_spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PublishedStack, "_run", lambda *_: {"answered": 12})
    with pytest.raises(StageError, match="detail log cannot be read"):
        PublishedStack(python="none").server_report(server_spec)


def test_a_server_run_of_other_settings_is_an_error_and_no_rate(
    server_spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = RunSpec.from_json(read_json(server_spec))
    values = {**expected_effective(spec), "effective_target_latency_ns": 1}
    lines = "".join(line(key, value) for key, value in values.items())
    (server_spec.parent / "mlperf_log_detail.txt").write_text(lines)
    monkeypatch.setattr(PublishedStack, "_run", lambda *_: {"answered": 12})
    with pytest.raises(StageError, match="LoadGen did not run what was requested"):
        PublishedStack(python="none").server_report(server_spec)


def test_the_lock_has_the_published_version_with_its_hashes() -> None:
    text = LOCK.read_text()
    assert f"openvino=={OPENVINO} " in text
    assert text.count(" \\\n    --hash") >= 3
    assert text.count("--hash=sha256:") >= 3
