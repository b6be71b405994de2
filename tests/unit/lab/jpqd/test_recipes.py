"""The published recipes by the command, on little models of their classes: to a smaller model."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch comes with the group train")
pytest.importorskip("transformers", reason="transformers comes with the group train")

from submission.artifacts.manifest import load_manifest
from submission.artifacts.verify import verify_parts
from submission.cli import main
from submission.files import read_json, write_json
from tests.unit.lab.jpqd.tiny import stored

pytestmark = pytest.mark.slow
MODELS = Path(__file__).parents[4] / "models"
LITTLE = {"base": "tiny-float", "teacher": "tiny-float", "data": "made", "epochs": None}
SHORT = {"steps": 4, "batch": 4, "max_length": 32, "overlap": 8, "held_out": 0.1, "evaluations": 1}


def made(recipe: str, name: str, models: Path, **pruning: float) -> Path:
    """The folder of a model of that name."""
    value = read_json(MODELS / recipe / "jpqd.json")
    blocks = {"first_layers": 1} if value.get("first_layers") else {}
    value = {**value, **LITTLE, **SHORT, **blocks, "pruning": {**value["pruning"], **pruning}}
    write_json(config := models / name / "jpqd.json", {**value, "model": name})
    words = ["--config", config, "--manifests", models, "--workspace", models / "out"]
    assert main(["train-jpqd", *map(str, words)]) == 0
    return models / name


@pytest.mark.parametrize(
    ("recipe", "kind", "blocks"),
    [("bert-99_jpqd-base", "bert", 2), ("bert-99_jpqd-mobilebert", "mobilebert", 1)],
)
def test_a_published_recipe_makes_a_smaller_model_and_says_how(
    tmp_path: Path, recipe: str, kind: str, blocks: int
) -> None:
    stored(tmp_path, kind)
    shutil.copytree(MODELS / "squad", tmp_path / "squad")
    cut = made(recipe, "mine", tmp_path)
    whole = made(recipe, "whole", tmp_path, start=9.0)  # no score falls below 0
    folders = (cut, whole)
    found = [load_manifest(folder) for folder in folders]
    assert all(verify_parts(m, m.path.parent / "parts") == [] for m in found)
    assert found[0].structured_sparsity_percent > found[1].structured_sparsity_percent
    sizes = [manifest.role("weights").size_bytes for manifest in found]
    assert sizes[0] < sizes[1]
    texts = [(folder / "calibration.md").read_text() for folder in folders]
    assert [f"| {blocks - 1} | 4 of 4 | 64 of " in text for text in texts] == [False, True]
    assert f"\n| {blocks} | " not in texts[0].split("## Structured")[1].split("## Quant")[0]
    assert ("linear layer of the embeddings" in texts[0]) == (kind == "mobilebert")
