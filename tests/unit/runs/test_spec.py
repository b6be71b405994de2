"""From a round and a model to the RunSpec of a run."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from submission.artifacts.manifest import load_manifest
from submission.errors import StageError
from submission.loadgen.settings import user_conf
from submission.policy import load_policy
from submission.runs.spec import HarnessFiles, run_spec, terms_for, write_run
from submission.terms import LoadgenSettings, Mode, RunId, RunSpec, Scenario, SutPlan

POLICY = load_policy("v3.0")
MANIFEST = load_manifest(Path(__file__).parents[3] / "models" / "minilm-squad")


def test_a_model_follows_the_rules_that_its_manifest_names() -> None:
    assert terms_for(POLICY, "minilm-squad", MANIFEST).name == "bert-99"
    manifest = replace(MANIFEST, mlperf_model="bert-99.9")
    assert terms_for(POLICY, "minilm-squad", manifest).name == "bert-99.9"


def test_without_a_word_in_the_manifest_the_name_decides() -> None:
    manifest = replace(MANIFEST, mlperf_model=None)
    assert terms_for(POLICY, "bert-99", manifest).name == "bert-99"


def test_a_benchmark_that_the_round_does_not_have_is_refused() -> None:
    with pytest.raises(StageError, match="no benchmark 'gpt'"):
        terms_for(POLICY, "minilm-squad", replace(MANIFEST, mlperf_model="gpt"))


def test_a_run_is_written_as_the_harness_and_loadgen_read_it(tmp_path: Path) -> None:
    settings = LoadgenSettings(
        **POLICY.seeds.by_key(),
        performance_sample_count=446,
        min_duration_ms=1,
        min_query_count=1,
        samples_per_query=500,
        target_qps=20.0,
    )
    rules = terms_for(POLICY, "minilm-squad", MANIFEST)
    spec = run_spec(
        MANIFEST,
        rules,
        HarnessFiles(model="/models/x", features="/data/features.npz", out=str(tmp_path / "out")),
        run=RunId(benchmark="x", scenario=Scenario.OFFLINE, mode=Mode.PERFORMANCE),
        settings=settings,
        plan=SutPlan(buckets=(384,)),
        profile="test",
        extra={"backlog_limit_s": 5.0},
    )
    path = write_run(spec, tmp_path / "out", b"# of the round\n", about="a test")
    assert path == tmp_path / "out" / "run_spec.json"
    assert RunSpec.from_json(json.loads(path.read_text())) == spec
    assert spec.model_xml == "/models/x/openvino_model.xml"
    assert spec.extra == {"trailing_pad": MANIFEST.trailing_pad, "backlog_limit_s": 5.0}
    assert Path(spec.mlperf_conf).read_bytes() == b"# of the round\n"
    text = Path(spec.user_conf).read_text()
    assert text == user_conf(
        settings, scenario=Scenario.OFFLINE, loadgen_model="bert", about="a test"
    )
    write_run(spec, tmp_path / "out", b"", about="", own_conf=b"# \xe9\n")
    assert Path(spec.user_conf).read_bytes() == b"# \xe9\n"
