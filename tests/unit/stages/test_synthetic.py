"""Made-up weights are measured, and neither scored nor laid out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from submission.errors import StageError
from submission.files import read_json, write_json
from submission.pipeline.stage import Reporter
from submission.runs.context import Context
from submission.stages.fetch import Adopt
from submission.stages.layout import LayOutTree
from submission.stages.score import ScoreRun
from submission.workspace.profile import load_profile
from submission.workspace.resolve import resolve

PROFILES = Path(__file__).parents[3] / "measurements" / "profiles"
MODEL = load_profile(PROFILES, "demo").benchmarks[0].model


class Lines:
    """A Reporter that keeps the lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)

    def figure(self, text: str) -> None:
        self.lines.append(text)

    def progress(self, fraction: float | None, text: str) -> None:
        """Nobody looks."""


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A person's folder with one model of two small files."""
    folder = tmp_path / "given" / MODEL
    folder.mkdir(parents=True)
    for name in ("openvino_model.xml", "openvino_model.bin"):
        (folder / name).write_bytes(b"made up")
    return folder


@pytest.fixture
def context(given: Path, repo: Path, tmp_path: Path) -> Context:
    """The demo with that folder as BERT_MODEL_DIR; nothing here needs an engine."""
    environment = {"BERT_MODEL_DIR": str(given.parent), "WORKSPACE": str(tmp_path / "out")}
    workspace = resolve(repo, environment=environment, arguments={})
    return Context(workspace=workspace, connect=pytest.fail)


def with_manifest(given: Path, repo: Path, **changes: Any) -> None:
    """Put the manifest of the default model beside the files, with their sizes and changes."""
    value = read_json(repo / "models" / MODEL / "manifest.json")
    files = [{"name": path.name, "bytes": 7} for path in sorted(given.iterdir())]
    write_json(given / "manifest.json", {**value, "files": files, **changes})


Refused = Callable[[Context], str]


def scored(context: Context) -> str:
    with pytest.raises(StageError) as stop:
        ScoreRun(context, benchmark=MODEL).run(report())
    return str(stop.value)


def laid_out(context: Context) -> str:
    with pytest.raises(StageError) as stop:
        LayOutTree(context).run(report())
    return str(stop.value)


def report() -> Reporter:
    return Lines()


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (scored, "has synthetic weights: its answers mean nothing"),
        (laid_out, "may not be laid out"),
    ],
)
def test_synthetic_weights_are_refused_in_three_lines(
    refused: Refused, words: str, context: Context, given: Path, repo: Path
) -> None:
    with_manifest(given, repo, made_up=True)
    text = refused(context)
    assert words in text
    assert len(text.splitlines()) == 3
    assert not context.workspace.tree_folder().exists()


def test_a_folder_may_bring_its_own_manifest(context: Context, given: Path, repo: Path) -> None:
    with_manifest(given, repo, made_up=True)
    assert context.manifest(MODEL).synthetic
    Adopt(context, subject=MODEL).run(report())
    assert (context.tree_parts_folder(MODEL) / "openvino_model.bin").read_bytes() == b"made up"


def test_other_weights_are_not_adopted_as_the_models_own(context: Context) -> None:
    with pytest.raises(StageError, match=f"is not the file that the manifest of {MODEL}"):
        Adopt(context, subject=MODEL).run(report())


def test_a_public_checksum_of_a_part_is_enough_to_refuse_a_file(
    context: Context, given: Path, repo: Path
) -> None:
    with_manifest(given, repo)
    value = read_json(given / "manifest.json")
    part = {"name": "openvino_model.bin_p00", "bytes": 7, "git_blob": "0" * 40}
    value["files"][0]["parts"] = [part]
    write_json(given / "manifest.json", value)
    with pytest.raises(StageError, match="is not the file") as stop:
        Adopt(context, subject=MODEL).run(report())
    assert "openvino_model.bin_p00 is damaged: found git_blob" in stop.value.detail
