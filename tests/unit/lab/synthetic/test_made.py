"""Made-up weights: a toy of the published form always, the published topologies where they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest

from submission.artifacts.manifest import Manifest, load_manifest
from submission.artifacts.verify import verify
from submission.errors import UsageError
from submission.ir.graph import read_graph
from submission.ir.inspect import inspect
from submission.ir.model import read_model
from submission.ir.names import IrFile
from submission.ir.report import structured_percent
from submission.lab.synthetic.made import Topology, make_dense, make_pruned
from tests.fakes.pruned_ir import LENGTH, write_pruned

ROOT = Path(__file__).parents[4]
PUBLISHED = ROOT.parent / "shared" / "published" / "ir"
EXACT = {"INFERENCE_PRECISION_HINT": "f32"}


@pytest.fixture
def toy(tmp_path: Path) -> Topology:
    """The toy's graph without its weights."""
    (tmp_path / "toy").mkdir()
    xml = write_pruned(tmp_path / "toy" / "openvino_model.xml")
    xml.with_suffix(".bin").rename(tmp_path / "true.bin")
    return Topology(name="toy", xml=xml)


def logits(manifest: Manifest, length: int, real: int) -> np.ndarray:
    """[2, real]: what the model answers for ``real`` tokens in an input of ``length``."""
    xml = manifest.path.parent / "openvino_model.xml"
    model = read_model(IrFile(xml=xml)).at(length)
    assert model is not None
    rows = np.zeros((3, 1, length), np.int64)
    rows[0, 0, :real], rows[1, 0, :real] = np.arange(1, real + 1), 1
    found: Any = ov.Core().compile_model(model, "CPU", EXACT)(list(rows))
    return np.stack([found["start_logits"][0], found["end_logits"][0]])[:, :real]


def test_the_weights_have_the_true_size_and_run(toy: Topology, tmp_path: Path) -> None:
    made = make_pruned(toy, tmp_path / "made")
    size = (tmp_path / "true.bin").stat().st_size
    assert made.role("weights").size_bytes == size
    answer = logits(made, LENGTH, LENGTH)
    assert np.isfinite(answer).all()
    assert answer.std() > 0


def integers(xml: Path, binary: Path) -> list[list[int]]:
    """The integer constants of a graph, in its order."""
    content = binary.read_bytes()
    places = [layer.constant for layer in read_graph(xml).of_type("Const")]
    return [
        np.frombuffer(content, np.int64, place.elements, place.offset).tolist()
        for place in places
        if place is not None and place.element_type == "i64"
    ]


def test_what_the_graph_dictates_is_what_it_was_made_with(toy: Topology, tmp_path: Path) -> None:
    made = make_pruned(toy, tmp_path / "made").path.parent / "openvino_model.bin"
    pairs = zip(integers(toy.xml, tmp_path / "true.bin"), integers(toy.xml, made), strict=True)
    different = [(true, found) for true, found in pairs if true != found]
    # both mean the same; written without the width they hold for the dense baseline, too
    assert different == [([0, 0, 1, 4], [0, 0, -1, 4]), ([0, 0, 4], [0, 0, -1])]


def test_a_manifest_says_that_the_weights_are_synthetic(toy: Topology, tmp_path: Path) -> None:
    made = make_pruned(toy, tmp_path / "made")
    assert made.synthetic
    assert "nothing learned" in made.origin
    assert verify(made, made.path.parent) == []
    assert made.structured_sparsity_percent == pytest.approx(72.92, abs=0.01)


def test_the_dense_baseline_has_every_head_and_neuron(toy: Topology, tmp_path: Path) -> None:
    made = make_dense(toy, tmp_path / "made")
    found = inspect(made.path.parent / "openvino_model.xml")
    assert (made.name, made.synthetic) == ("toy-dense", True)
    assert found.blocks[0].heads == 2
    assert [w.outputs for w in found.linears] == [8, 8, 8, 8, 32, 8, 2]
    assert np.isfinite(logits(made, LENGTH, 7)).all()


def test_equal_seeds_make_equal_bytes(toy: Topology, tmp_path: Path) -> None:
    one, same, other = (
        make_pruned(toy, tmp_path / str(n), seed=seed).role("weights").checksums
        for n, seed in enumerate((1, 1, 2))
    )
    assert one == same != other


def test_logits_of_real_tokens_stay_at_other_lengths(toy: Topology, tmp_path: Path) -> None:
    made = make_pruned(toy, tmp_path / "made")
    assert (logits(made, 8, 7) == logits(made, LENGTH, 7)).all()


def test_a_graph_of_another_kind_is_refused(tmp_path: Path) -> None:
    other = Topology(name="x", xml=ROOT / "models/minilm-squad/parts/openvino_model.xml")
    with pytest.raises(UsageError, match="no synthetic weights can be made") as stop:
        make_pruned(other, tmp_path)
    assert "an integer constant enters Slice" in stop.value.detail
    assert not (tmp_path / "x").exists()


def test_constants_that_share_bytes_must_agree(toy: Topology, tmp_path: Path) -> None:
    order = 'element_type="i64" shape="4" offset="'
    places = [part.split('"')[0] for part in toy.xml.read_text().split(order)[1:]]
    assert len(set(places)) > 1
    one, other = (f'{order}{place}"' for place in sorted(set(places))[:2])
    toy.xml.write_text(toy.xml.read_text().replace(one, other))
    with pytest.raises(UsageError) as stop:
        make_pruned(toy, tmp_path / "made")
    assert "but need different numbers" in stop.value.detail


@pytest.mark.slow
@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published topologies are not beside us")
@pytest.mark.parametrize(
    ("name", "trailing_pad"), [("bert-99_jpqd-base", 0), ("bert-99_jpqd-mobilebert", 1)]
)
def test_published_topologies_run_and_may_be_shortened(
    name: str, trailing_pad: int, tmp_path: Path
) -> None:
    published = load_manifest(ROOT / "models" / name)
    topology = Topology(name=name, xml=PUBLISHED / name / "openvino_model.xml", published=published)
    made = make_pruned(topology, tmp_path)
    assert made.role("weights").size_bytes == published.role("weights").size_bytes
    full = logits(made, 384, 10)
    assert np.isfinite(full).all()
    assert (logits(made, 10 + trailing_pad, 10) == full).all()
    if trailing_pad:
        assert (logits(made, 10, 10) != full).any()


@pytest.mark.slow
@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published topologies are not beside us")
def test_a_published_topology_has_a_dense_baseline(tmp_path: Path) -> None:
    name = "bert-99_jpqd-mobilebert"
    made = make_dense(Topology(name=name, xml=PUBLISHED / name / "openvino_model.xml"), tmp_path)
    found = inspect(made.path.parent / "openvino_model.xml")
    assert structured_percent(found) == 0.0
    assert {w.outputs for b in found.blocks for w in b.linears} == {128, 512}
