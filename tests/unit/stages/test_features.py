"""Data in a person's folder is the data set of the manifest, or refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from submission.errors import StageError
from submission.runs.context import Context
from submission.stages.features import PrepareFeatures
from submission.workspace.folders import Workspace
from submission.workspace.resolve import resolve
from tests.unit.stages.test_image import Silent


@pytest.fixture
def data(repo: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(repo / "models" / "squad-mini", tmp_path / "data"))


def context(repo: Path, tmp_path: Path, data: Path) -> Context:
    environment = {"WORKSPACE": str(tmp_path / "out"), "BERT_DATA_DIR": str(data)}
    return Context(
        workspace=resolve(repo, environment=environment, arguments={}), connect=lambda: None
    )


def test_the_data_set_of_the_manifest_is_taken(repo: Path, tmp_path: Path, data: Path) -> None:
    given = context(repo, tmp_path, data)
    PrepareFeatures(given).run(Silent())
    assert given.features_file().is_file()


def test_a_falsified_data_set_is_refused(repo: Path, tmp_path: Path, data: Path) -> None:
    path = data / "mini-v1.1.json"
    value = json.loads(path.read_text(encoding="utf-8"))
    value["data"][0]["paragraphs"][0]["qas"][0]["answers"][0]["text"] = "whatever was predicted"
    path.write_text(json.dumps(value), encoding="utf-8")
    given = context(repo, tmp_path, data)
    with pytest.raises(StageError, match="is not the file that the manifest of squad-mini names"):
        PrepareFeatures(given).run(Silent())
    assert not given.features_file().exists()


def test_a_missing_file_is_named(repo: Path, tmp_path: Path, data: Path) -> None:
    (data / "vocab.txt").unlink()
    with pytest.raises(StageError, match=r"holds no vocab\.txt"):
        PrepareFeatures(context(repo, tmp_path, data)).run(Silent())


def test_a_submittable_profile_is_about_squad(
    repo: Path, tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = replace(context(repo, tmp_path, data).profile, submittable=True)
    monkeypatch.setattr(Workspace, "profile", profile)
    given = context(repo, tmp_path, data)
    with pytest.raises(StageError, match="submittable, but not on SQuAD"):
        PrepareFeatures(given).run(Silent())
