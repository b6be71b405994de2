"""``run-training-cell``: the commands that it types on a node, and what it sends back."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from submission.campaign.result import opened_result
from submission.cli import main
from submission.cli.lab import training_cell
from submission.files import read_json, write_json, write_text
from submission.lab.jpqd.dev_set import DevScore
from submission.squad.question_scores import QuestionScores

BASE = "models/minilm-squad_jpqd-50/jpqd.json"
NAME = "sparsity-0.5-seed-1"


def score(right: int) -> DevScore:
    exact = np.arange(100) < right
    single = QuestionScores(exact=exact, f1=exact.astype(np.float64))
    return DevScore(f1=right, exact_match=right, questions=100, windows=110, single=single)


class Node:
    """A node whose commands are noted; those of ``codes`` fail."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.typed: list[list[str]] = []
        self.codes: dict[str, int] = {}

    def main(self, words: list[str]) -> int:
        self.typed.append(words)
        if words[0] in self.codes:
            return self.codes[words[0]]
        said = dict(zip(words[1::2], words[2::2], strict=False))
        if words[0] == "train-jpqd":
            model = read_json(Path(said["--config"]))["model"]
            write_json(self.out / "jpqd" / model / "run.json", {"config": model})
            made = {"structured_sparsity_percent": 50.25, "training": {"minutes": 3.5}}
            write_json(Path(said["--output"]) / "manifest.json", made)
            write_text(Path(said["--output"]) / "parts" / "openvino_model.xml", "x")
        return 0


@pytest.fixture
def node(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    made = Node(tmp_path / "out")
    monkeypatch.chdir(repo)
    monkeypatch.setattr(training_cell, "main", made.main)
    monkeypatch.setattr(training_cell, "refuse_other_checkout", lambda *_: None)
    monkeypatch.setattr(training_cell, "joined_xml", lambda *_: None)
    monkeypatch.setattr(training_cell, "model_scores", lambda *_: [score(60), score(80)])
    return made


def cell(repo: Path, node: Node, **more: str) -> int:
    config = {**read_json(repo / BASE), "model": "sweep-x"}
    options = {
        "--campaign": "sweep",
        "--config": json.dumps(config),
        "--dense": "minilm-squad",
        "--dataset": "squad-mini",
        "--checkout": "c" * 64,
        "--workspace": str(node.out),
        "--result": str(node.out.parent / "result.tar"),
        **{f"--{key}": value for key, value in more.items()},
    }
    return main(["run-training-cell", NAME, *(word for pair in options.items() for word in pair)])


def test_it_fetches_trains_scores_and_sends_all_of_it(repo: Path, node: Node) -> None:
    assert cell(repo, node) == 0
    assert [words[0] for words in node.typed] == ["fetch-data", "train-jpqd"]
    assert node.typed[1][-4:-2] == ["--threads", "1"]
    made = node.out / "trainings" / "sweep" / NAME
    archive = node.out.parent / "result.tar"
    arrived = opened_result(archive, "train", node.out, [made])
    assert {name.removeprefix(f"trainings/sweep/{NAME}/") for name in arrived.result.files} == {
        "jpqd.json",
        "model/manifest.json",
        "model/parts/openvino_model.xml",
        "run.json",
        "score.json",
    }
    assert arrived.result.figure == "F1 60.00 at 50.2 %"
    value: dict[str, Any] = read_json(made / "score.json")
    assert (value["f1"], value["minutes"], value["against"]["f1"]) == (60, 3.5, 80)
    assert value["against"]["low"] < value["against"]["share"] == 0.75 < value["against"]["high"]
    with tarfile.open(archive) as tar:
        assert tar.getnames()[0] == "result.json"


@pytest.mark.parametrize(("command", "typed"), [("fetch-data", 1), ("train-jpqd", 2)])
def test_a_command_that_fails_ends_the_cell_with_its_code(
    repo: Path, node: Node, command: str, typed: int
) -> None:
    node.codes = {command: 3}
    assert cell(repo, node) == 3
    assert len(node.typed) == typed
    assert not (node.out.parent / "result.tar").exists()


@pytest.mark.parametrize("asked", [{"gpus": "1000"}, {"cores": "100000"}])
def test_a_node_that_has_less_refuses_before_it_trains(
    repo: Path, node: Node, capsys: pytest.CaptureFixture[str], asked: dict[str, str]
) -> None:
    assert cell(repo, node, **asked) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: this node has less than the training asks for: 100")
    assert said.count("\n") == 3
    assert node.typed == []
