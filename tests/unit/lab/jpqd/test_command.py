"""The command's own errors, in three lines; and the whole way in a few steps, where torch is."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from submission.cli import main
from submission.errors import StageError
from submission.lab.jpqd.command import DEFAULT, TrainingRequest, _claim, _dev_set, _three_lines
from submission.lab.jpqd.config import load_config
from submission.lab.jpqd.workplace import Workplace
from submission.workspace.resolve import resolve

NEEDS_TORCH = "training needs torch and transformers (make train)"


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)


def test_without_torch_it_ends_in_three_lines(
    without_torch: None,
    repo: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(repo)
    assert main(["train-jpqd"]) == 2
    said = capsys.readouterr().err
    assert "error: training needs packages that are not installed" in said
    assert "make train" in said
    assert len(said.splitlines()) == 3


def test_help_needs_no_torch(without_torch: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["train-jpqd", "--help"])
    assert caught.value.code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--threads", "0"], "a training needs at least one thread"),
        (["--config", "none.json"], "cannot be read"),
        (["--fresh", "--adopt"], "not allowed with argument"),
        (["--config", "models/bert-99_jpqd-base/jpqd.json"], "may not replace"),
        (["--output", "LICENSE/model"], "the model's folder cannot be written"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    words: list[str],
    said: str,
    repo: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(repo)
    assert main(["train-jpqd", *words]) == 2
    assert said in capsys.readouterr().err


HOLDER = """
import sys
from dataclasses import replace
from pathlib import Path
from submission.artifacts.lockfile import only_one
with only_one(Path(sys.argv[1]), what="it"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_training_of_the_same_model_is_refused_until_the_first_is_gone(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch", reason=NEEDS_TORCH)
    pytest.importorskip("transformers", reason=NEEDS_TORCH)
    monkeypatch.chdir(repo)
    guard = tmp_path / "jpqd" / "minilm-squad_jpqd-50" / "train.lock"
    words = ["train-jpqd", "--workspace", str(tmp_path), "--export-only", "--adopt"]
    command = [sys.executable, "-c", HOLDER, str(guard)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout.readline() == b"held\n"
        assert main(words) == 2
        assert "training of minilm-squad_jpqd-50 is already running" in capsys.readouterr().err
        first.kill()
    assert main(words) == 2
    assert "no state to adopt" in capsys.readouterr().err


@pytest.mark.parametrize(("rank", "left"), [(0, ["run.json"]), (1, ["state.pt"])])
def test_of_several_processes_only_the_first_which_holds_the_lock_clears(
    rank: int, left: list[str], repo: Path, tmp_path: Path
) -> None:
    (tmp_path / "state.pt").write_bytes(b"of a training that runs")
    sources: Any = SimpleNamespace(digests=dict)
    training: Any = SimpleNamespace(versions=dict)
    workspace = resolve(repo, environment={}, arguments={})
    request = TrainingRequest(workspace=workspace, rank=rank, fresh=True)
    _claim(Workplace(tmp_path), load_config(repo / DEFAULT), sources, training, request)
    assert [path.name for path in tmp_path.iterdir()] == left


def test_a_library_that_does_not_load_is_reported_in_three_lines(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        def find_spec(self, name: str, *_: Any) -> None:
            if name == "torch":
                raise OSError("libtorch_cpu.so: wrong ELF class")

    for name in [name for name in sys.modules if name.partition(".")[0] == "torch"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    monkeypatch.chdir(repo)
    assert main(["train-jpqd"]) == 2
    said = capsys.readouterr().err
    assert "wrong ELF class" in said
    assert len(said.splitlines()) == 3


def test_an_error_of_torch_is_reported_in_three_lines(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason=NEEDS_TORCH)
    caught = pytest.raises(StageError, match="library failed")
    with caught as reported, _three_lines(Workplace(tmp_path)):
        torch.zeros(2) @ torch.zeros(3)
    assert "size" in reported.value.detail
    assert "last state" in reported.value.hint


def test_before_a_training_a_note_says_that_no_accuracy_will_be_measured(
    repo: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    workspace = resolve(repo, environment={}, arguments={"workspace": str(tmp_path)})
    assert _dev_set(workspace, said.append) is None
    assert "make data" in said[0]
    said.clear()
    assert _dev_set(replace(workspace, manifests=tmp_path), said.append) is None
    assert len(said) == 2
