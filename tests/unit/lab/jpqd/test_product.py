"""Manifest and write-up of a model that was trained, from facts alone; no torch."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from submission.artifacts.manifest import load_manifest
from submission.artifacts.verify import verify_parts
from submission.errors import StageError
from submission.files import read_json
from submission.ir.inspect import inspect
from submission.lab.jpqd.config import JpqdConfig, load_config
from submission.lab.jpqd.product import Provenance, calibration_text, write_model
from tests.unit.ir.ir import toy_ir, written

SUM = "0" * 64
TRAINING = {
    "command": "python tools/train_jpqd.py --config models/mine/jpqd.json",
    "base": {"model.safetensors": SUM},
    "teacher": {"model.safetensors": SUM},
    "data": {"new_wiki.json": SUM},
    "seed": 7,
    "steps": 1600,
    "best_step": 1200,
    "questions": 50_000,
    "windows": 51_000,
    "held_out": {"f1": 70.5, "exact_match": 60.25, "questions": 400},
    "openvino_against_torch": {"largest": 0.25, "mean": 0.03, "spread": 2.5},
    "versions": {"torch": "2.13.0", "openvino": "2024.6.0"},
    "curve": [{"step": 800, "loss": 0.7, "f1": 69.5}, {"step": 1200, "loss": 0.6, "f1": 70.25}],
}
ACCURACY = {"f1": 72.5, "exact_match": 60.5, "dataset": "SQuAD v1.1 dev", "how": "all windows"}


@pytest.fixture
def config(repo: Path) -> JpqdConfig:
    return load_config(repo / "models" / "minilm-squad_jpqd-50" / "jpqd.json")


@pytest.fixture
def provenance(repo: Path) -> Provenance:
    models = repo / "models"
    return Provenance(
        training=TRAINING,
        accuracy=None,
        base=load_manifest(models / "minilm-squad-float"),
        data=load_manifest(models / "squad-train"),
    )


@pytest.fixture
def xml(tmp_path: Path) -> Path:
    path = written(tmp_path, toy_ir().text())
    path.with_suffix(".bin").write_bytes(bytes(10_000))
    return path


@pytest.fixture
def made(
    config: JpqdConfig, provenance: Provenance, xml: Path, tmp_path: Path
) -> Callable[..., Path]:
    def make(setting: JpqdConfig = config, **changes: Any) -> Path:
        target = tmp_path / "mine"
        write_model(
            setting, xml, replace(provenance, **changes), work=tmp_path / "w", target=target
        )
        return target

    return make


@pytest.fixture
def reported(made: Callable[..., Path]) -> Callable[[JpqdConfig], str]:
    """The write-up of a model of another configuration."""
    return lambda setting: (made(setting) / "calibration.md").read_text()


def test_the_folder_is_whole_and_says_where_the_model_is_from(made: Callable[..., Path]) -> None:
    manifest = load_manifest(folder := made())
    assert verify_parts(manifest, folder / "parts") == []
    assert manifest.structured_sparsity_percent > 0
    assert read_json(folder / "manifest.json")["training"] == TRAINING
    assert manifest.measurement["starting_weights_filename"].startswith("sentence-transformers/")


def test_accuracy_is_given_only_if_it_was_measured(made: Callable[..., Path]) -> None:
    folder = made()
    assert load_manifest(folder).accuracy is None
    assert "was not measured" in (folder / "calibration.md").read_text()
    folder = made(accuracy=ACCURACY)
    assert load_manifest(folder).accuracy.f1 == 72.5
    assert "| 72.5000 | 60.5000 |" in (folder / "calibration.md").read_text()


def test_the_write_up_says_curve_structures_and_command(made: Callable[..., Path]) -> None:
    text = (made() / "calibration.md").read_text()
    assert "| 1,200 | 0.600 | 70.25 |" in text
    assert "| 0 | 1 of 2 | 5 of 32 |" in text
    assert f"```\n{TRAINING['command']}\n```" in text
    assert "codes within [-63, 63]" in text
    assert "minutes" not in text


def test_the_write_up_says_each_part_of_the_loss_only_where_it_counts(
    reported: Callable[[JpqdConfig], str], config: JpqdConfig
) -> None:
    share = config.distillation
    both, soft, hidden, hard = (
        reported(replace(config, distillation=replace(share, weight=weight, hidden=factor)))
        for weight, factor in ((0.9, 1.0), (0.9, 0.0), (0.0, 1.0), (0.0, 0.0))
    )
    assert "| loss | 90 % the teacher's logits at temperature 2 (" in both
    assert "the rest the labels; and 1 times the mean square" in both
    assert "the rest the labels |" in soft
    assert "| loss | the labels; and 1 times the mean square" in hidden
    assert "| loss | the labels |" in hard
    assert [("TinyBERT" in t, "Hinton et al., " in t) for t in (both, soft, hidden, hard)] == [
        (True, True),
        (False, True),
        (True, False),
        (False, False),
    ]


def test_the_write_up_of_a_published_recipe_says_its_blocks_epochs_and_scores(
    reported: Callable[[JpqdConfig], str], repo: Path
) -> None:
    text = reported(load_config(repo / "models" / "bert-99_jpqd-mobilebert" / "jpqd.json"))
    assert "; its first 15 blocks |" in text
    assert "(16 epochs) |" in text
    assert "| scores of structures | learning rate 0.0001, rising and falling with" in text
    assert "; all begin at 0 |" in text
    assert "the last layer |" in text
    assert "Kwon" not in text


def test_a_linear_layer_of_the_embeddings_stays_float(
    config: JpqdConfig, xml: Path, provenance: Provenance
) -> None:
    found = inspect(xml)
    extra = replace(found.linears[0], block=None, name="base.embeddings.embedding_transformation")
    wide = replace(found, linears=(*found.linears, extra))
    text = calibration_text(config, wide, 50.0, provenance)
    assert "the last layer, the linear layer of the embeddings |" in text


def test_a_folder_that_was_left_half_written_is_seen_and_made_whole_again(
    made: Callable[..., Path], xml: Path
) -> None:
    before = (folder := made()) / "manifest.json"
    xml.with_suffix(".bin").write_bytes(bytes(9_999) + b"1")
    (folder / "calibration.md").unlink()
    (folder / "calibration.md").mkdir()  # the write ends here, between parts and manifest
    with pytest.raises(OSError, match=r"calibration\.md"):
        made()
    assert verify_parts(load_manifest(folder), folder / "parts")
    (folder / "calibration.md").rmdir()
    assert made() / "manifest.json" == before
    assert verify_parts(load_manifest(folder), folder / "parts") == []


def test_no_line_of_the_write_up_breaks_its_tables(made: Callable[..., Path]) -> None:
    runs = [{"device": "cpu", "threads": 2, "processes": 1, "code": SUM}]
    reported = {**TRAINING, "minutes": 70.4, "runs": runs}
    text = (made(training=reported) / "calibration.md").read_text()
    assert "| ran on | cpu, threads 2, processes 1; code of SHA-256" in text
    assert "| time | 70 minutes by the clock |" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in rows)
    assert "\n\n\n" not in text


def test_an_ir_without_blocks_is_refused_and_nothing_is_written(
    config: JpqdConfig, provenance: Provenance, tmp_path: Path
) -> None:
    xml = written(tmp_path, toy_ir().text().replace("layer.", "part."))
    with pytest.raises(StageError, match="pruned structures of this IR are unknown"):
        write_model(config, xml, provenance, work=tmp_path / "w", target=tmp_path / "mine")
    assert not (tmp_path / "mine").exists()
