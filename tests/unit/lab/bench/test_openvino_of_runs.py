"""What is measured for runs is measured with their OpenVINO, in another Python if need be."""

import os
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import pytest

from submission.campaign.identity import checkout_identity
from submission.cli import main
from submission.errors import StageError, UsageError
from submission.lab.bench.environments import environment, installed_in
from submission.workspace.folders import (
    Workspace,
    image_openvino,
    openvino_lock,
    openvino_versions,
)
from submission.workspace.openvino import ChosenVersion

HERE = version("openvino")
MODEL = "minilm-squad_jpqd-50"
Outcome = tuple[int, list[str]]
Run = Callable[..., Outcome]


class StartedAgainError(Exception):
    """In place of a process that would be replaced."""


@pytest.fixture
def other(repo: Path) -> str:
    """A version that has a lock, is not installed here and not the default."""
    return next(each for each in openvino_versions(repo) if each != HERE)


@pytest.fixture
def python(tmp_path: Path, other: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The Python of an environment that says to have ``other``."""
    inside = tmp_path / "python"
    inside.write_text(f"#!/bin/sh\necho {other}\n")
    inside.chmod(0o755)
    monkeypatch.setattr("submission.cli.lab.openvino_of_runs.python_with", lambda *_: str(inside))
    return inside


@pytest.fixture
def started(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command with these variables: its exit code, and the command line that follows it.

    ``chosen`` is the version for this processor.
    """

    def run(*words: str, chosen: str = HERE, **variables: str) -> Outcome:
        line: list[str] = []

        def start_again(path: str, found: Sequence[str], environment: Mapping[str, str]) -> None:
            assert (path, environment["PYTHONPATH"]) == (found[0], str(repo))
            line.extend(found)
            raise StartedAgainError

        def choice(workspace: Workspace) -> ChosenVersion:
            given = workspace.settings.openvino
            return ChosenVersion(version=chosen if given == "auto" else given, reason="why")

        monkeypatch.chdir(repo)
        monkeypatch.setattr(os, "execve", start_again)
        monkeypatch.setattr(Workspace, "openvino", property(choice))
        usual = {"RUNNER": "container", "DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
        for name, value in {**usual, "WORKSPACE": str(tmp_path), **variables}.items():
            monkeypatch.setenv(name, value)
        data = tmp_path / "data"
        data.mkdir(exist_ok=True)
        (data / "dev-v1.1.json").touch()
        try:
            return main(list(words or ("tune", MODEL, "--data", str(data)))), line
        except StartedAgainError:
            return -1, line

    return run


@pytest.mark.parametrize("command", ["tune", "find-qps", "bench-sut"])
def test_another_version_than_the_installed_one_goes_on_in_its_environment(
    started: Run, other: str, python: Path, tmp_path: Path, command: str
) -> None:
    words = (command, MODEL, "--data", str(tmp_path / "data"))
    for asked in ({"OPENVINO": other}, {"chosen": other, "OPENVINO": ""}):
        assert started(*words, **asked) == (-1, [str(python), "-m", "submission", *words])


def test_a_cell_of_a_campaign_does_so_too(
    started: Run, other: str, python: Path, repo: Path, tmp_path: Path
) -> None:
    words = ["run-bench-cell", f"tune[{MODEL}]", "--result", str(tmp_path / "r.tar")]
    words += ["--checkout", checkout_identity(repo), "--openvino", other]
    assert started(*words) == (-1, [str(python), "-m", "submission", *words])


def test_the_installed_version_stays_and_is_named(
    started: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    code, line = started()
    assert (code != -1, line) == (True, [])
    assert f"with OpenVINO {HERE}" in capsys.readouterr().err


def test_the_image_that_was_built_decides(started: Run, other: str, tmp_path: Path) -> None:
    chosen = {"version": other, "reason": "why"}
    value = f'{{"openvino": "{HERE}", "openvino_chosen": {{"version": "{other}"}}}}'
    (tmp_path / "image.json").write_text(value)
    code, line = started(chosen=chosen["version"])
    assert (code != -1, line) == (True, []), "its base image has another Python"


@pytest.mark.usefixtures("python")
def test_runs_on_the_host_have_what_is_installed(
    started: Run, other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert started(chosen=other, RUNNER="host")[1] == []
    assert f"with OpenVINO {HERE}" in capsys.readouterr().err
    assert started(OPENVINO=other, RUNNER="host") == (2, [])
    assert f"OPENVINO={other}, and {HERE} is installed" in capsys.readouterr().err


@pytest.mark.usefixtures("python")
def test_without_an_engine_runs_happen_on_the_host(
    started: Run, other: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = {"DOCKER_HOST": "", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    code, line = started(
        chosen=other, RUNNER="auto", ENGINE_DIR=str(tmp_path), PATH="/nowhere", **nowhere
    )
    said = capsys.readouterr().err
    # an engine of the machine itself may answer all the same
    assert bool(line) is (code == -1)
    assert bool(line) is (f"with OpenVINO {HERE}" not in said)


def test_a_version_that_this_python_lacks_is_refused(
    started: Run, other: str, python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    python.write_text("#!/bin/sh\necho 9.9\n")
    assert started(OPENVINO=other) == (2, [])
    assert f"there is no OpenVINO {other} for this Python" in capsys.readouterr().err


def test_a_default_that_this_python_lacks_is_said_and_not_installed(
    started: Run, repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("submission.cli.lab.openvino_of_runs.version", lambda _: "2030.1.0")
    default = image_openvino(repo) or ""
    assert started(chosen=default)[1] == []
    said = capsys.readouterr().err
    assert f"OpenVINO 2030.1.0 is measured, which this Python has; an image has {default}" in said


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("tune", "minilm-squd"), "there is no model minilm-squd"),
        (("find-qps", "minilm-squd"), "there is no model minilm-squd"),
        (("bench-sut", MODEL, "minilm-squd"), "there is no model minilm-squd"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_installed(
    started: Run, other: str, words: tuple[str, ...], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert started(*words, OPENVINO=other) == (2, [])
    assert what in capsys.readouterr().err


def test_a_version_without_a_lock_is_refused(
    started: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert started(OPENVINO="2019.1.0") == (2, [])
    assert "there is no lock for OpenVINO 2019.1.0" in capsys.readouterr().err


def test_the_default_has_the_lock_of_the_image(repo: Path) -> None:
    assert openvino_lock(repo, image_openvino(repo) or "").name == "requirements.txt"


def test_an_environment_finds_what_its_lock_lacks_beside_it(tmp_path: Path) -> None:
    """Such as the engine's client, which no image needs; what it has itself comes first."""
    lock, said = tmp_path / "nothing.txt", list[str]()
    lock.write_text("")
    python = environment("none", lock, tmp_path, said.append)
    assert installed_in(python, "docker") == version("docker")
    (packages,) = Path(python).parents[1].glob("lib/python3.*/site-packages")
    (packages / "docker-0.0.1.dist-info").mkdir()
    (packages / "docker-0.0.1.dist-info/METADATA").write_text("Name: docker\nVersion: 0.0.1\n")
    assert installed_in(python, "docker") == "0.0.1"
    with pytest.raises(StageError, match="has no nothing-at-all"):
        installed_in(python, "nothing-at-all")
    assert environment("none", lock, tmp_path, said.append, offline=True) == python
    # of a Python that went away, nothing starts
    Path(python).unlink()
    with pytest.raises(UsageError, match="OpenVINO none is not installed here"):
        environment("none", lock, tmp_path, said.append, offline=True)
    assert len(said) == 1
