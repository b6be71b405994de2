"""Where a trained model goes, and the folders that it never takes; no torch."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from submission.errors import UsageError
from submission.lab.jpqd.config import load_config
from submission.lab.jpqd.target import check_target, target_of
from submission.workspace.resolve import resolve

MODELS = Path(__file__).resolve().parents[4] / "models"
SHIPPED = MODELS / "minilm-squad_jpqd-50"
WORKSPACE = resolve(MODELS.parent, environment={}, arguments={})
OUT = WORKSPACE.out


def target(source: Path, **given: Any) -> Path:
    return target_of(load_config(source, **given), source=source, workspace=WORKSPACE)


def refused(name: str, folder: Path) -> str:
    config = load_config(SHIPPED / "jpqd.json", name=name)
    with pytest.raises(UsageError) as caught:
        check_target(config, folder, manifests=MODELS)
    assert "--name" in caught.value.hint
    return str(caught.value)


def test_a_model_whose_configuration_lies_in_its_folder_is_made_there() -> None:
    assert target(SHIPPED / "jpqd.json") == SHIPPED
    assert target(MODELS / "bert-99_jpqd-base" / "jpqd.json") == MODELS / "bert-99_jpqd-base"


def test_what_is_tried_out_is_made_in_the_workspace() -> None:
    assert target(SHIPPED / "smoke.json") == OUT / "trained" / "minilm-squad_jpqd-smoke"
    assert target(SHIPPED / "jpqd.json", name="mine") == OUT / "trained" / "mine"


def test_a_trained_model_may_be_made_again_in_its_place_or_elsewhere(tmp_path: Path) -> None:
    config = load_config(SHIPPED / "jpqd.json")
    for folder in (SHIPPED, tmp_path):
        check_target(config, folder, manifests=MODELS)


@pytest.mark.parametrize("name", ["minilm-squad", "bert-99_jpqd-base", "squad"])
def test_a_model_that_was_not_trained_here_keeps_its_folder_and_its_name(
    name: str, tmp_path: Path
) -> None:
    assert "may not replace one that was not trained" in refused("mine", MODELS / name)
    assert "may not replace one that was not trained" in refused(name, tmp_path)


def test_a_training_does_not_write_over_a_model_that_it_starts_from(tmp_path: Path) -> None:
    """Not even where that was trained here itself."""
    models = tmp_path / "models"
    shutil.copytree(SHIPPED, models / "minilm-squad-float")
    config = load_config(SHIPPED / "jpqd.json")
    with pytest.raises(UsageError, match="overwrite its own base"):
        check_target(config, models / "minilm-squad-float", manifests=models)
