"""The tree carries the kit's sources, and nothing that a machine made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from submission.container.context import fingerprint
from submission.errors import StageError
from submission.tree.kit import kit_sources
from submission.tree.names import broken_name

NOTED = ("mine", "other", "shipped", "removed")
ROOT = Path(__file__).resolve().parents[3]


def test_private_models_and_data_stay_out(tmp_path: Path) -> None:
    for name, private in (("mine", True), ("other", True), ("shipped", False)):
        folder = tmp_path / "models" / name
        (folder / "parts").mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps({"private": private}))
        for file in ("calibration.md", "questions.json", "parts/openvino_model.xml"):
            (folder / file).write_text("")
    broken = tmp_path / "models" / "broken"
    broken.mkdir()
    (broken / "manifest.json").write_text("{")
    (broken / "questions.json").write_text("")
    carried = [file.name.removeprefix("models/") for file in kit_sources(tmp_path, shown={"mine"})]
    assert carried == [
        "mine/calibration.md",
        "mine/manifest.json",
        "shipped/calibration.md",
        "shipped/manifest.json",
        "shipped/parts/openvino_model.xml",
        "shipped/questions.json",
    ]


def test_notes_of_private_models_stay_out_with_them(tmp_path: Path) -> None:
    for name, private in (("mine", True), ("other", True), ("shipped", False)):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "manifest.json").write_text(json.dumps({"private": private}))
    for name in ("README.md", "node/README.md", *(f"node/{m}/Server.md" for m in NOTED)):
        path = tmp_path / "measurements/notes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (tmp_path / "measurements/notes/node/other/more").mkdir()
    (tmp_path / "measurements/notes/node/other/more/x.md").write_text("")
    notes = [
        file.name.removeprefix("measurements/notes/")
        for file in kit_sources(tmp_path, shown={"mine"})
        if file.name.startswith("measurements/")
    ]
    assert notes == [
        "README.md",
        "node/README.md",
        "node/mine/Server.md",
        "node/shipped/Server.md",
    ]


def test_sources_are_taken_and_machine_made_files_are_not(tmp_path: Path) -> None:
    for name in (
        "Makefile",
        "README.md",
        "docker/.hadolint.yaml",
        "docker/entrypoint",
        "models/small/manifest.json",
        "models/small/parts/openvino_model.bin_p00",
        "models/small/openvino_model.bin",
        "submission/__pycache__/cli.pyc",
        "submission/cli.py",
        "out/run.log",
        ".git/config",
        "tests/test_x.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    assert [file.name for file in kit_sources(tmp_path)] == [
        "Makefile",
        "KIT.md",
        "docker/entrypoint",
        "models/small/manifest.json",
        "submission/cli.py",
    ]


def test_a_folder_without_sources_gives_no_tree(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="sources were not found"):
        kit_sources(tmp_path)


def test_every_source_of_this_kit_has_a_name_that_a_tree_may_have() -> None:
    names = [file.name for file in kit_sources(ROOT)]
    assert "submission/tree/kit.py" in names
    assert [name for name in names if broken_name(name)] == []


def test_what_make_and_docker_read_is_carried() -> None:
    names = {file.name for file in kit_sources(ROOT)}
    wanted = {"Makefile", "Dockerfile", "pyproject.toml", "requirements.txt", "tools/setup.sh"}
    assert wanted | {"requirements-more.txt"} <= names


def test_the_code_in_a_tree_has_the_fingerprint_of_the_image_that_is_built_from_it(
    tmp_path: Path,
) -> None:
    """What `verify` compares: the tree holds the laboratory too, the image does not."""
    files = kit_sources(ROOT)
    for file in files:
        target = tmp_path / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.source, target)
    assert (tmp_path / "submission/lab/__init__.py").is_file()
    assert fingerprint(tmp_path) == fingerprint(ROOT)
    (tmp_path / "submission/lab/__init__.py").write_text("changed")
    assert fingerprint(tmp_path) == fingerprint(ROOT)
    (tmp_path / "submission/__init__.py").write_text("changed")
    assert fingerprint(tmp_path) != fingerprint(ROOT)
