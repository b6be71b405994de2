"""What is measured for runs is measured with their OpenVINO, in another Python if need be."""

import os
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import pytest

from submission.cli import main
from submission.errors import StageError
from submission.files import sha256_of
from submission.lab.bench.environments import environment, installed_in
from submission.workspace.folders import image_openvino, openvino_lock, openvino_versions

HERE = version("openvino")
COMMAND = ("tune", "minilm-squad", "--budget", "5")


class StartedAgainError(Exception):
    """In place of a process that would be replaced."""


@pytest.fixture
def other(repo: Path) -> str:
    """A version that has a lock and is not installed here."""
    return next(each for each in openvino_versions(repo) if each != HERE)


@pytest.fixture
def python(repo: Path, tmp_path: Path, other: str) -> Path:
    """The Python of a ready environment of the workspace that says to have ``other``."""
    venv = tmp_path / f"environments/venv-{other}"
    inside = venv / "bin" / "python"
    inside.parent.mkdir(parents=True)
    inside.write_text(f"#!/bin/sh\necho {other}\n")
    inside.chmod(0o755)
    (venv / "ready").write_text(sha256_of(openvino_lock(repo, other)))
    return inside


@pytest.fixture
def started(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, list[str]]]:
    """Run COMMAND with these variables: its exit code, and the command line that follows it."""

    def run(**variables: str) -> tuple[int, list[str]]:
        line: list[str] = []

        def start_again(path: str, words: Sequence[str], found: Mapping[str, str]) -> None:
            assert (path, found["PYTHONPATH"]) == (words[0], str(repo))
            line.extend(words)
            raise StartedAgainError

        monkeypatch.chdir(repo)
        monkeypatch.setattr(os, "execve", start_again)
        usual = {"RUNNER": "container", "DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
        for name, value in {**usual, "WORKSPACE": str(tmp_path), **variables}.items():
            monkeypatch.setenv(name, value)
        try:
            return main([*COMMAND, "--data", str(tmp_path / "no data")]), line
        except StartedAgainError:
            return -1, line

    return run


def test_another_version_than_the_installed_one_goes_on_in_its_environment(
    started: Callable[..., tuple[int, list[str]]], other: str, python: Path, tmp_path: Path
) -> None:
    expected = [str(python), "-m", "submission", *COMMAND, "--data", str(tmp_path / "no data")]
    assert started(OPENVINO=other) == (-1, expected)


def test_the_installed_version_stays(started: Callable[..., tuple[int, list[str]]]) -> None:
    code, line = started(OPENVINO=HERE)
    assert (code, line) == (2, []), "it ends where it looks for its data"


@pytest.mark.usefixtures("python")
def test_a_choice_for_the_processor_counts_as_a_given_one(
    started: Callable[..., tuple[int, list[str]]], other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = frozenset({"avx2", "avx512bw", "avx512_vnni"})
    monkeypatch.setattr("submission.workspace.folders.cpu_flags", lambda: flags)
    code, line = started(OPENVINO="auto", ONEDNN_MAX_CPU_ISA="")
    assert (code, line[1:3]) == (-1, ["-m", "submission"])
    assert started(OPENVINO="auto", ONEDNN_MAX_CPU_ISA="AVX2") == (2, []), other


def test_runs_on_the_host_have_what_is_installed(
    started: Callable[..., tuple[int, list[str]]], other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert started(OPENVINO="auto", RUNNER="host") == (2, [])
    capsys.readouterr()
    assert started(OPENVINO=other, RUNNER="host") == (2, [])
    assert f"OPENVINO={other}, and {HERE} is installed" in capsys.readouterr().err


def test_a_version_that_this_python_lacks_is_not_tried_for_ever(
    started: Callable[..., tuple[int, list[str]]],
    other: str,
    python: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    python.write_text("#!/bin/sh\necho 9.9\n")
    assert started(OPENVINO=other) == (2, [])
    assert f"there is no OpenVINO {other} for this Python" in capsys.readouterr().err
    flags = frozenset({"avx2", "avx512bw", "avx512_vnni"})
    monkeypatch.setattr("submission.workspace.folders.cpu_flags", lambda: flags)
    assert started(OPENVINO="auto", ONEDNN_MAX_CPU_ISA="") == (2, [])
    assert f"note: OpenVINO {HERE} is measured" in capsys.readouterr().err


def test_a_version_without_a_lock_is_refused(
    started: Callable[..., tuple[int, list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert started(OPENVINO="2019.1.0") == (2, [])
    assert "there is no lock for OpenVINO 2019.1.0" in capsys.readouterr().err


def test_the_default_has_the_lock_of_the_image(repo: Path) -> None:
    assert openvino_lock(repo, image_openvino(repo) or "").name == "requirements.txt"


def test_an_environment_finds_what_its_lock_lacks_beside_it(tmp_path: Path) -> None:
    """Such as the engine's client, which no image needs; what it has itself comes first."""
    lock = tmp_path / "nothing.txt"
    lock.write_text("")
    python = environment("none", lock, tmp_path, lambda text: None)
    assert installed_in(python, "docker") == version("docker")
    (packages,) = Path(python).parents[1].glob("lib/python3.*/site-packages")
    (packages / "docker-0.0.1.dist-info").mkdir()
    (packages / "docker-0.0.1.dist-info/METADATA").write_text("Name: docker\nVersion: 0.0.1\n")
    assert installed_in(python, "docker") == "0.0.1"
    with pytest.raises(StageError, match="has no nothing-at-all"):
        installed_in(python, "nothing-at-all")
