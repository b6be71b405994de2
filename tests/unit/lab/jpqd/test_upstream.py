"""What the four published recipes start from, by manifest, from a hub; no torch."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from submission.artifacts.manifest import ManifestKind, load_manifest
from submission.files import read_json
from submission.lab.jpqd.config import load_config
from tests.fakes.hub_server import Hub, hub_serving

RECIPES = (
    "bert-99.9_jpqd-large",
    "bert-99_jpqd-large",
    "bert-99_jpqd-base",
    "bert-99_jpqd-mobilebert",
)
BASE = "google/mobilebert-uncased"
TEACHER = "google-bert/bert-large-uncased-whole-word-masking-finetuned-squad"
BRING = """
import json, sys
from pathlib import Path
from submission.lab.jpqd.config import load_config
from submission.lab.jpqd.sources import bring_sources
from submission.workspace.resolve import resolve
config, manifests, out = map(Path, sys.argv[1:])
workspace = resolve(Path(), environment={}, arguments={"workspace": str(out)}, manifests=manifests)
found = bring_sources(load_config(config), workspace)
sides = {"base": found.base, "teacher": found.teacher, "data": found.data}
print(json.dumps({name: str(side.folder) for name, side in sides.items()}))
"""


@pytest.mark.parametrize("name", RECIPES)
def test_what_a_published_recipe_names_has_a_manifest(repo: Path, name: str) -> None:
    config = load_config(repo / "models" / name / "jpqd.json")
    upstream = repo / "models" / "upstream"
    for side in (config.base, config.teacher):
        manifest = load_manifest(upstream / side)
        assert (manifest.name, manifest.kind) == (side, ManifestKind.MODEL)
        assert [file.role for file in manifest.files] == ["config", "weights", "vocab"]
    data = load_manifest(upstream / config.data)
    assert data.role("data").checksums.sha256


def test_a_model_of_the_same_neighbours_pads_as_its_base(repo: Path) -> None:
    """The product takes it over from the base; see ``trailing_pad`` of the published one."""
    models = repo / "models"
    base = load_manifest(models / "upstream" / "mobilebert-uncased")
    assert base.trailing_pad == load_manifest(models / "bert-99_jpqd-mobilebert").trailing_pad == 1


@pytest.fixture
def manifests(repo: Path, tmp_path: Path) -> Path:
    """Those of the project, but with training data of a few bytes."""
    copy = tmp_path / "models"
    for name in ("upstream", "squad", "squad-mini"):
        shutil.copytree(repo / "models" / name, copy / name)
    path = copy / "upstream" / "squad-v1.1-train" / "manifest.json"
    file = {"name": "train-v1.1.json", "role": "data", "bytes": None}
    value = {**read_json(path), "sources": ["file:{file}"], "files": [file]}
    path.write_text(json.dumps(value), encoding="utf-8")
    (path.parent / "train-v1.1.json").write_text('{"data": []}', encoding="utf-8")
    return copy


@pytest.mark.slow
def test_base_and_teacher_of_a_published_recipe_come_from_the_hub(
    repo: Path, manifests: Path, tmp_path: Path
) -> None:
    files = {f"{BASE}/config.json": b"{}", f"{BASE}/pytorch_model.bin": b"base"}
    files |= {f"{TEACHER}/config.json": b"{ }", f"{TEACHER}/model.safetensors": b"teacher"}
    config = repo / "models" / "bert-99_jpqd-mobilebert" / "jpqd.json"
    env = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    with hub_serving(Hub(files=files)) as hub:
        env |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "NO_PROXY": "127.0.0.1"}
        command = [sys.executable, "-c", BRING, str(config), str(manifests), str(tmp_path / "out")]
        run = subprocess.run(command, cwd=repo, env=env, capture_output=True, text=True, check=True)
    found = json.loads(run.stdout)
    held = {side: {path.name for path in Path(folder).iterdir()} for side, folder in found.items()}
    assert {"config.json", "pytorch_model.bin", "vocab.txt"} <= held["base"]
    assert {"config.json", "model.safetensors", "vocab.txt"} <= held["teacher"]
    assert "train-v1.1.json" in held["data"]
