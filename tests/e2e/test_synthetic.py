"""The published profile up to its files, from a loopback mirror; synthetic weights in its place."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from submission.artifacts.manifest import load_manifest
from submission.files import read_json, write_json
from submission.lab.synthetic.made import Topology, make_pruned
from tests.e2e.conftest import Kit
from tests.fakes.http_server import Shelf, serving
from tests.fakes.pruned_ir import write_pruned
from tests.fakes.synthetic import PUBLISHED, synthetic_models

MINI = ("mini-v1.1.json", "vocab.txt")


@pytest.fixture(scope="module")
def shelf(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A mirror with made-up parts of true size, and the manifests of the checkout naming them."""
    folder = tmp_path_factory.mktemp("made-up")
    places = {name: checkout / "models" / name / "manifest.json" for name in (*PUBLISHED, "squad")}
    before = {place: place.read_text() for place in places.values()}
    manifests, files = synthetic_models(folder, "https://models.invalid")
    for path in manifests:
        shutil.copy(path, places[path.parent.name])
    files |= _questions(checkout)
    with serving(Shelf(files=files)) as mirror:
        yield mirror
    for place, text in before.items():
        place.write_text(text)


def _questions(checkout: Path) -> dict[str, bytes]:
    """The embedded questions in SQuAD's place: the dev set may not be where this runs."""
    path = checkout / "models" / "squad" / "manifest.json"
    value: dict[str, Any] = read_json(path)
    content = [(checkout / "models" / "squad-mini" / name).read_bytes() for name in MINI]
    for file, made in zip(value["files"], content, strict=True):
        file.update(bytes=len(made), sources=["https://data.invalid/{file}"])
        file.pop("sha256")
        file.pop("md5")
    write_json(path, value)
    names = [file["name"] for file in value["files"]]
    return {f"/squad/{name}": made for name, made in zip(names, content, strict=True)}


def test_the_published_profile_brings_every_file_from_a_mirror(
    kit: Kit, shelf: Shelf, tmp_path: Path
) -> None:
    wanted = [f"rejoin[{name}]" for name in PUBLISHED] + ["features[squad]"]
    environment = {"PROFILE": "jpqd", "MIRROR": shelf.url, "NO_PROXY": "127.0.0.1"}
    done = kit("run", *wanted, workspace=tmp_path / "out", **environment)
    assert done.returncode == 0, done.stderr
    sizes = {
        name: (tmp_path / "out" / "models" / name / "openvino_model.bin").stat().st_size
        for name in PUBLISHED
    }
    assert sum(sizes.values()) == 100_129_032 + 87_255_416 + 65_002_984 + 14_120_660
    assert (tmp_path / "out" / "features" / "squad" / "features.npz").is_file()
    again = kit("run", *wanted, workspace=tmp_path / "out", **environment)
    assert "nothing to do" in again.stderr


@pytest.fixture(scope="module")
def synthetic(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy of the published form with synthetic weights, in the default model's place."""
    folder = tmp_path_factory.mktemp("toy")
    xml = write_pruned(folder / "openvino_model.xml", length=384, vocabulary=30_522)
    published = load_manifest(checkout / "models" / "minilm-squad")
    make_pruned(Topology(name="minilm-squad", xml=xml, published=published), folder / "models")
    own = folder / "models" / "minilm-squad" / "manifest.json"
    value = json.loads(own.read_text(encoding="utf-8"))
    # the default model has one output of that name, the published form two of usual names
    del value["outputs"]
    own.write_text(json.dumps(value), encoding="utf-8")
    return folder / "models"


def test_synthetic_weights_are_measured_and_not_scored(
    kit: Kit, synthetic: Path, tmp_path: Path
) -> None:
    cell = "minilm-squad/Offline"
    done = kit("run", f"score[{cell}]", workspace=tmp_path, BERT_MODEL_DIR=str(synthetic))
    assert done.returncode == 3
    assert re.search(rf" FAILED .* score\[{cell}\]", done.stderr)
    assert "minilm-squad has synthetic weights: its answers mean nothing" in done.stderr
    run = tmp_path / "runs" / "tiny" / cell / "accuracy"
    metadata = json.loads((run / "run_metadata.json").read_text(encoding="utf-8"))
    assert metadata["model"]["made_up"] is True
    assert metadata["harness"]["answered"] == metadata["harness"]["samples"] == 12
    assert not (tmp_path / "scores").exists()
