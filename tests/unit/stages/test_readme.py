"""The texts of a tree of three models, drawn from made-up logs."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from submission.errors import StageError
from submission.files import read_json, write_json
from submission.squad.question_scores import QuestionScores
from submission.stages.readme import Readme
from submission.stages.score import QUESTION_SCORES
from tests.fakes.measured import Made, measured

HALF = Made(sparsity=50.4, f1=78.0, server=30.0, offline=175.0)
THIRD = Made(sparsity=70.6, f1=74.0, server=45.0, offline=240.0)
DENSE = Made(sparsity=0.0, f1=80.0, server=15.0, offline=100.0)
REFERENCE = {"model": "dense", "f1_of": "reference"}


class Silent:
    def line(self, text: str) -> None:
        """Nobody looks."""

    def figure(self, text: str) -> None:
        """Nobody looks."""

    def progress(self, fraction: float, text: str) -> None:
        """Nobody looks."""


def texts(repo: Path, folder: Path, models: dict[str, Made], reference: dict[str, str]) -> Path:
    context = measured(repo, folder, models, reference)
    Readme(context).run(Silent())
    return context.workspace.texts_folder()


def rows(text: str) -> dict[str, str]:
    cells = [line.strip("| ").split(" | ") for line in text.splitlines() if " | " in line]
    return {name: " ".join(rest) for name, *rest in cells}


def test_the_reference_comes_first_and_the_others_are_compared_with_it(
    repo: Path, tmp_path: Path
) -> None:
    models = {"half": HALF, "third": THIRD, "dense": DENSE}
    text = (texts(repo, tmp_path, models, REFERENCE) / "README.md").read_text()
    found = rows(text)
    assert list(found)[:5] == ["model", "dense", "half", "third", "folder"]
    assert found["model"].startswith("F1 [%] of reference F1")
    assert found["dense"] == "80.000 1.000 68.000 dense 15.10 15.00 1.0x 100.00 1.0x"
    assert found["half"] == "78.000 0.975 66.000 50.4 30.10 30.00 2.0x 175.00 1.8x"
    assert found["third"] == "74.000 0.925 62.000 70.6 45.10 45.00 3.0x 240.00 2.4x"


def test_scores_of_questions_give_the_share_an_interval(repo: Path, tmp_path: Path) -> None:
    context = measured(repo, tmp_path, {"half": HALF, "dense": DENSE}, REFERENCE)
    right = np.arange(400) % 5 > 0
    for model, scores in (("dense", right), ("half", right & (np.arange(400) != 7))):
        found = QuestionScores(exact=scores, f1=scores.astype(np.float64))
        folder = context.workspace.score_folder(model, context.profile.benchmarks[0].scenarios[0])
        found.save(folder / QUESTION_SCORES)
    Readme(context).run(Silent())
    rowed = rows((context.workspace.texts_folder() / "README.md").read_text(encoding="utf-8"))
    assert rowed["dense"].startswith("80.000 1.000 reference 68.000")
    assert rowed["half"].startswith("78.000 0.975 0.9")
    assert " to 1.000 66.000" in rowed["half"]


def test_without_runs_of_the_reference_there_is_no_ratio(repo: Path, tmp_path: Path) -> None:
    found = texts(repo, tmp_path, {"half": HALF}, REFERENCE)
    text = (found / "README.md").read_text()
    assert rows(text)["half"] == (
        "78.000 no reference 66.000 50.4 30.10 30.00 no reference 175.00 no reference"
    )
    assert "The dense reference dense was not measured" in text


@pytest.mark.parametrize("model", ["half", "dense"])
def test_each_model_has_its_own_account_in_its_own_folder(
    repo: Path, tmp_path: Path, model: str
) -> None:
    found = texts(repo, tmp_path, {"half": HALF, "dense": DENSE}, REFERENCE)
    assert f"How {model} was made up." in (found / model / "calibration.md").read_text()
    assert f"MODEL={model} SCENARIO=Server" in (found / model / "Server.md").read_text()


def test_the_facts_of_the_first_model_are_where_the_kit_is(repo: Path, tmp_path: Path) -> None:
    found = texts(repo, tmp_path, {"half": HALF, "dense": DENSE}, REFERENCE)
    assert "open/Demo/code/half/openvino-cpu" in (found / "dense/code.md").read_text()
    assert "MIRROR=../../dense/openvino-cpu/model" in (found / "dense/code.md").read_text()


def test_notes_of_a_person_come_last_and_may_not_look_like_results(
    repo: Path, tmp_path: Path
) -> None:
    notes = tmp_path / "measurements/notes/1-node-OpenVINO-INT8/README.md"
    notes.parent.mkdir(parents=True)
    notes.write_text("Thanks to all.\n")
    context = measured(repo, tmp_path, {"half": HALF}, REFERENCE)
    Readme(context).run(Silent())
    text = (context.workspace.texts_folder() / "README.md").read_text()
    assert text.endswith("\n\n## Notes of the submitter\n\nThanks to all.\n")
    notes.write_text("| model | F1 |\n|---|---|\n| half | 99 |\n")
    with pytest.raises(StageError, match="look like what the kit writes") as refused:
        Readme(context).run(Silent())
    assert "line 2: a table of results" in refused.value.detail


@pytest.mark.parametrize("private", [False, True])
def test_a_reviewer_is_asked_for_questions_that_are_private(
    private: bool, repo: Path, tmp_path: Path
) -> None:
    context = measured(repo, tmp_path, {"half": HALF, "dense": DENSE}, REFERENCE)
    data = tmp_path / "models/squad-mini"
    data.unlink()
    shutil.copytree(repo / "models/squad-mini", data)
    manifest = read_json(data / "manifest.json") | {"private": private}
    write_json(data / "manifest.json", manifest)
    Readme(context).run(Silent())
    (page,) = context.workspace.texts_folder().glob("half/code.md")
    text = " ".join(page.read_text(encoding="utf-8").split())
    said = "are private and not in this tree: ask the submitter for mini-v1.1.json and vocab.txt"
    assert (said in text) is private
    assert "make data fetches them" not in text
