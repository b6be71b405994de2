"""Training campaigns as files: factors become configurations; what cannot be is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from submission.cli import main
from submission.errors import UsageError
from submission.files import read_json, write_json
from submission.lab.jpqd.config import parse_config
from submission.lab.sweep.file import TrainingCampaign, load_training
from submission.workspace.campaign import CampaignKind, campaign_kind
from tests.fitting import assert_fits

BASE = "models/minilm-squad_jpqd-50/jpqd.json"


def loaded(repo: Path, tmp_path: Path, *listed: dict[str, Any], **more: Any) -> TrainingCampaign:
    training = {"base": BASE, "configurations": list(listed), **more.pop("training", {})}
    value = {"version": 1, "training": training, "engine": {"kind": "here"}, **more}
    write_json(tmp_path / "sweep.json", value)
    return load_training(repo, str(tmp_path / "sweep.json"))


def test_lists_and_seeds_are_combined(repo: Path, tmp_path: Path) -> None:
    campaign = loaded(
        repo,
        tmp_path,
        {"pruning.sparsity": [0.3, 0.5], "learning_rate": [1e-4, 2e-4]},
        {"pruning.sparsity": 0.9, "warmup": 0.1},
        training={"seeds": [1, 2]},
    )
    names = [each.name for each in campaign.cells]
    assert len(names) == len(set(names)) == 2 * (4 + 1)
    assert names[:2] == [
        "sparsity-0.3-learning_rate-0.0001-seed-1",
        "sparsity-0.3-learning_rate-0.0001-seed-2",
    ]


def test_a_cell_is_the_base_with_its_factors_and_a_model_of_its_own(
    repo: Path, tmp_path: Path
) -> None:
    (cell,) = loaded(repo, tmp_path, {"pruning.sparsity": 0.7}, training={"seeds": [5]}).cells
    base = read_json(repo / BASE)
    config = dict(cell.config)
    assert config["pruning"] == {**base["pruning"], "sparsity": 0.7}
    assert (config["seed"], config["steps"]) == (5, base["steps"])
    assert str(config["model"]).startswith("sweep-sparsity-0.7-seed-5-")
    assert parse_config(config).pruning.sparsity == 0.7
    assert read_json(repo / BASE) == base, "the file is not touched"


@pytest.mark.parametrize(
    ("listed", "seeds", "words"),
    [
        ([{"pruning.sparsity": [0.3333331, 0.3333334]}], [1], "two trainings would be called"),
        ([{"learning_rate": [0.00012345678, 0.00012345679]}], [1], "two trainings would be"),
        ([{"steps": 100}, {"steps": 100.0}], [1], "one training is listed twice"),
        ([{"steps": 100}], [1, 1.0], "one training is listed twice"),
    ],
)
def test_no_two_trainings_share_a_folder(
    repo: Path, tmp_path: Path, listed: list[dict[str, Any]], seeds: list[float], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        loaded(repo, tmp_path, *listed, training={"seeds": seeds})


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_what_is_no_number_is_refused(repo: Path, tmp_path: Path, number: str) -> None:
    loaded(repo, tmp_path, {"pruning.sparsity": 0.25})
    file = tmp_path / "sweep.json"
    file.write_text(file.read_text().replace("0.25", number))
    with pytest.raises(UsageError, match="is not JSON"):
        load_training(repo, str(file))


def test_a_changed_base_gives_its_models_other_names(repo: Path, tmp_path: Path) -> None:
    (before,) = loaded(repo, tmp_path, {"pruning.sparsity": 0.7}).cells
    own = tmp_path / "own.json"
    write_json(own, {**read_json(repo / BASE), "warmup": 0.2})
    (after,) = loaded(repo, tmp_path, {"pruning.sparsity": 0.7}, training={"base": str(own)}).cells
    assert before.name == after.name
    assert before.config["model"] != after.config["model"]


@pytest.mark.parametrize(
    ("factors", "said"),
    [
        ({"pruning.sparsty": 0.5}, ("no factor 'pruning.sparsty'", "[0]", "pruning.sparsity")),
        ({"pruning": 0.5}, ("no factor 'pruning'", "configurations[0]", "")),
        ({"seed": 5}, ("no factor 'seed'", "configurations[0]", '"seeds" has a list')),
        ({"model": "x"}, ("no factor 'model'", "configurations[0]", "")),
        ({"pruning.sparsity": 1.5}, ("sparsity-1.5-seed", "1.5", "jpqd")),
        ({"steps": "many"}, ("steps-many", "$.steps", "jpqd")),
        ({"pruning.regularization": 0.1}, ("exactly one of", "it has both", "keep")),
        ({"pruning.end": 0.0}, ("end-0-seed", "", "")),
        ({"pruning.begin": 0.6}, ("ends before it begins", "begin 0.6", "")),
        ({}, ("does not fit its schema (training_campaign)", "configurations[0]", "")),
        ({"steps": []}, ("does not fit its schema (training_campaign)", "steps", "")),
    ],
)
def test_a_factor_that_cannot_be_is_refused(
    repo: Path, tmp_path: Path, factors: dict[str, Any], said: tuple[str, str, str]
) -> None:
    with pytest.raises(UsageError) as refused:
        loaded(repo, tmp_path, factors)
    error = refused.value
    for part, words in zip((error.what, error.detail, error.hint), said, strict=True):
        assert words in part
    assert refused.value.hint


@pytest.mark.parametrize(
    ("listed", "more"),
    [
        ([{"pruning.sparsity": [0.3, 0.3]}], {}),
        # the base has 1600 steps itself
        ([{"pruning.sparsity": 0.3}, {"pruning.sparsity": 0.3, "steps": 1600}], {}),
        ([{"pruning.sparsity": 0.3}], {"training": {"seeds": [4, 4]}}),
    ],
)
def test_a_training_that_is_listed_twice_is_refused(
    repo: Path, tmp_path: Path, listed: list[dict[str, Any]], more: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match="one training is listed twice") as refused:
        loaded(repo, tmp_path, *listed, **more)
    assert "as at $.training.configurations[0]" in refused.value.detail
    assert "another seed" in refused.value.hint


def test_a_base_that_is_not_there_and_slurm_without_nodes_are_refused(
    repo: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="configuration cannot be read"):
        loaded(repo, tmp_path, {"steps": 2}, training={"base": "no.json"})
    with pytest.raises(UsageError, match="the engine slurm needs nodes") as refused:
        loaded(repo, tmp_path, {"steps": 2}, engine={"kind": "slurm"})
    assert '"nodes"' in refused.value.hint
    with pytest.raises(UsageError, match="the engine here has no nodes") as refused:
        loaded(repo, tmp_path, {"steps": 2}, nodes=["gpu01", "gpu02"])
    assert refused.value.detail == "at $.nodes: gpu01, gpu02"


def test_the_kind_is_that_of_the_file(repo: Path, tmp_path: Path) -> None:
    loaded(repo, tmp_path, {"steps": 2})
    assert campaign_kind(repo, str(tmp_path / "sweep.json")) is CampaignKind.TRAINING
    assert campaign_kind(repo, "example") is CampaignKind.PROFILE
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    assert campaign_kind(repo, str(tmp_path / "broken.json")) is CampaignKind.PROFILE


def test_the_example_of_the_checkout_is_one(
    repo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert len(load_training(repo, "example-sweep").cells) == 8
    monkeypatch.chdir(repo)
    monkeypatch.setenv("WORKSPACE", str(tmp_path / "out"))
    assert main(["campaign", "plan", "example-sweep"]) == 0
    said = capsys.readouterr().out
    assert "8 trainings from jpqd.json of minilm-squad_jpqd-50" in said
    assert said.count("  run    train  (not run yet)") == 8
    for action in "plan", "status":
        assert main(["campaign", action, "example-sweep", "--json"]) == 0
        assert_fits(json.loads(capsys.readouterr().out), f"campaign_{action}")
    assert main(["campaign", "plan", "example-sweep", "--model", "x"]) == 2
    assert "a training has no --model" in capsys.readouterr().err
