"""Every way over the tiny model, in processes as in a real comparison; nothing is timed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from submission.errors import StageError
from submission.harness.qsl import read_qsl
from submission.lab.bench.logits import LOGITS, moved
from submission.lab.bench.process import (
    limit_pass,
    logits_pass,
    offline_pass,
    run_way,
)
from submission.lab.bench.published import PublishedBackend
from submission.lab.bench.subject import make_samples, write_indices
from submission.runs.outcome import sample_indices
from submission.squad.feature_file import load_features
from submission.terms import RunSpec
from tests.fakes.harness_process import make_run_spec
from tests.fakes.tiny_model import expected_logits, write_model

pytestmark = pytest.mark.slow

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
    samples = read_qsl(Path(spec.features))
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


def test_nothing_runs_on_one_core(spec_file: Asks) -> None:
    path = spec_file()
    offline_pass("null", path)
    assert len(json.loads((path.parent / "harness.json").read_text())["machine"]["affinity"]) == 1


def test_a_pass_keeps_the_logits_of_each_sample_once(spec_file: Asks) -> None:
    path = spec_file(batch=2)
    write_indices(path.parent, [39, 5, 39, 7])
    with np.load(logits_pass(path) / LOGITS) as kept:
        assert kept["indices"].tolist() == [5, 7, 39]
        logits = kept["logits"]
    samples = read_qsl(path.parents[0] / json.loads(path.read_text())["features"])
    expected = []
    for index in (5, 7, 39):
        rows = np.empty((3, samples.lengths[index]), np.int64)
        samples.write(index, *rows)
        expected.append(expected_logits(rows[0], rows[2]))
    assert np.allclose(logits, np.concatenate(expected), atol=1e-4)


def test_a_moved_logit_is_reported_and_counts_where_it_changes_an_answer(
    repo: Path, tmp_path: Path
) -> None:
    features = load_features(make_samples(repo / "models/squad-mini", tmp_path))
    indices = np.arange(3)
    logits = np.zeros((int(features.lengths[indices].sum()), 2), np.float32)
    first = int(features.segment_starts[0])
    logits[first, :] = 1

    def kept(name: str, place: int, value: float) -> Path:
        (tmp_path / name).mkdir()
        changed = logits.copy()
        changed[place, :] += value
        np.savez(tmp_path / name / LOGITS, indices=indices, logits=changed)
        return tmp_path / name

    padded = kept("padded", first, 0)
    answers = moved(features, kept("little", first + 3, 0.5), padded)
    assert (answers["largest"], answers["changed"]) == (0.5, 0)
    assert moved(features, kept("much", first + 3, 2), padded)["changed"] == 1


def test_a_pass_that_fails_says_why(spec_file: Asks) -> None:
    path = spec_file()
    Path(json.loads(path.read_text())["model_xml"]).unlink()
    with pytest.raises(StageError, match="cannot be used"):
        offline_pass("ours", path)


def test_a_pass_that_does_not_end_is_ended(spec_file: Asks) -> None:
    with pytest.raises(StageError, match="hangs"):
        run_way("ours", spec_file(), limit_s=0.01)
