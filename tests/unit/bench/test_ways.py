"""Every way over the tiny model, in processes as in a real comparison; nothing is timed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from submission.bench.process import limit_pass, offline_pass, run_way, sample_indices
from submission.bench.published import PublishedBackend
from submission.bench.subject import write_indices
from submission.errors import StageError
from submission.harness.samples import read_features
from submission.terms import RunSpec
from tests.fakes.harness_process import make_run_spec
from tests.fakes.tiny_model import write_model

Asks = Callable[..., Path]


@pytest.fixture
def spec_file(tmp_path: Path) -> Asks:
    def make(**plan: object) -> Path:
        spec = make_run_spec(tmp_path, samples_per_query=2000)
        write_model(Path(spec.model_xml))
        return _written(spec, **plan)

    return make


def _written(spec: RunSpec, **plan: object) -> Path:
    out = Path(spec.out)
    changed = replace(
        spec,
        plan=replace(spec.plan, **plan),  # type: ignore[arg-type]
        extra={"indices": str(out / "indices.json")},
    )
    (out / "run_spec.json").write_text(json.dumps(changed.to_json()))
    return out / "run_spec.json"


@pytest.mark.parametrize("way", ["published", "ours", "null"])
def test_a_way_answers_loadgen(spec_file: Asks, way: str) -> None:
    path = spec_file(batch=1 if way == "published" else 4)
    assert offline_pass(way, path).samples == 2000
    assert len(sample_indices(path.parent)) == 2000


def test_the_published_way_answers_with_the_logits_of_real_tokens(spec_file: Asks) -> None:
    spec = RunSpec.from_json(json.loads(spec_file(batch=1).read_text()))
    samples = read_features(Path(spec.features))
    backend = PublishedBackend(spec, samples, lambda done, total: None)
    backend.load([0, 5])
    answers = backend.infer(0, [0, 5])
    assert [len(a) for a in answers] == [samples.lengths[0], samples.lengths[5]]
    assert all(a.shape[1] == 2 and np.isfinite(a).all() for a in answers)


def test_openvino_alone_runs_the_samples_that_it_is_given(spec_file: Asks) -> None:
    path = spec_file(batch=2)
    write_indices(path.parent, [0, 5, 39, 39, 7])
    found = limit_pass(path)
    assert found.samples == 5
    assert found.cpu_s >= 0


def test_a_pass_that_fails_says_why(spec_file: Asks) -> None:
    path = spec_file()
    Path(json.loads(path.read_text())["model_xml"]).unlink()
    with pytest.raises(StageError, match="cannot be used"):
        offline_pass("ours", path)


def test_a_pass_that_does_not_end_is_ended(spec_file: Asks) -> None:
    with pytest.raises(StageError, match="hangs"):
        run_way("ours", spec_file(), limit_s=0.01)
