"""The set-up: which Python it takes, and what it says where it cannot continue."""

import os
import subprocess
from pathlib import Path

import pytest

FAKE_PYTHON = """#!/bin/sh
# An interpreter of version {version} that makes environments with itself inside.
case "$1 ${{2:-}}" in
"--version "*) echo "Python {version}.9" ;;
"-c import venv"*) exit {venv_status} ;;
"-c "*base_executable*) echo "{base}" ;;
"-c "*) echo "{version}" ;;
"-m venv") mkdir -p "$3/bin" && echo home >"$3/pyvenv.cfg" && cp "$0" "$3/bin/python" ;;
"-m pip") echo "$*" >>"{log}"; exit {pip_status} ;;
esac
"""


class Machine:
    """A PATH with nothing but a shell's tools and the interpreters that are put there."""

    def __init__(self, repo: Path, folder: Path) -> None:
        self.repo, self.folder = repo, folder
        self.venv, self.ready, self.log = folder / "venv", folder / "venv/ready", folder / "log"
        self.bin = folder / "bin"
        self.bin.mkdir()
        for tool in ("sh", "head", "rm", "mkdir", "cp", "touch"):
            found = next(each for each in ("/bin", "/usr/bin") if Path(each, tool).exists())
            (self.bin / tool).symlink_to(Path(found, tool))

    def put(self, name: str, version: str, *, venv_status: int = 0, pip_status: int = 0) -> Path:
        path = self.bin / name
        text = FAKE_PYTHON.format(
            version=version,
            venv_status=venv_status,
            pip_status=pip_status,
            base=path,
            log=self.log,
        )
        path.write_text(text)
        path.chmod(0o755)
        return path

    def set_up(self, python: str = "") -> subprocess.CompletedProcess[str]:
        words = ["sh", str(self.repo / "tools/setup.sh"), python, str(self.venv), str(self.ready)]
        return subprocess.run(
            words,
            cwd=self.repo,
            env={**os.environ, "PATH": str(self.bin)},
            capture_output=True,
            text=True,
            check=False,
        )

    def refusal(self, python: str = "") -> list[str]:
        done = self.set_up(python)
        assert done.returncode == 2
        assert not self.ready.exists()
        lines = done.stderr.splitlines()
        assert [line.split(":")[0].strip() for line in lines] == ["error", "detail", "hint"]
        return lines


@pytest.fixture
def machine(repo: Path, tmp_path: Path) -> Machine:
    return Machine(repo, tmp_path)


def test_python_3_11_comes_first(machine: Machine) -> None:
    machine.put("python3", "3.13")
    machine.put("python3.12", "3.12")
    machine.put("python3.11", "3.11")
    done = machine.set_up()
    assert done.returncode == 0
    assert f"with Python 3.11.9 ({machine.bin}/python3.11)" in done.stderr
    assert machine.ready.exists()
    first, second = machine.log.read_text().splitlines()
    assert "--require-hashes --no-deps -r requirements.txt" in first
    assert "--editable ." in second


def test_any_supported_python_does(machine: Machine) -> None:
    machine.put("python3.11", "")  # a version manager's stand-in that is not set up
    machine.put("python3", "3.12")
    assert "with Python 3.12.9" in machine.set_up().stderr


def test_one_that_cannot_make_environments_is_passed_over(machine: Machine) -> None:
    machine.put("python3.11", "3.11", venv_status=1)
    machine.put("python3.12", "3.12")
    assert "with Python 3.12.9" in machine.set_up().stderr


def test_on_a_debian_without_python3_venv_the_error_names_the_package(machine: Machine) -> None:
    machine.put("python3", "3.13", venv_status=1)
    lines = machine.refusal()
    assert "cannot make virtual environments" in lines[0]
    assert "apt-get install python3.13-venv" in lines[2]


def test_the_named_python_without_venv_is_not_replaced_by_another(machine: Machine) -> None:
    machine.put("python3.11", "3.11")
    machine.put("python3.12", "3.12", venv_status=1)
    assert "apt-get install python3.12-venv" in machine.refusal("python3.12")[2]


@pytest.mark.parametrize("version", ["2.7", "3.10", "3.15", "3.1"])
def test_unsupported_versions_are_named(machine: Machine, version: str) -> None:
    machine.put("python3", version)
    assert f"python3 is Python {version}.9" in machine.refusal()[1]
    assert f"python3 is Python {version}.9" in machine.refusal("python3")[1]


def test_no_python_at_all_is_said(machine: Machine) -> None:
    assert "there is no python3" in machine.refusal()[1]


@pytest.mark.parametrize(
    ("version", "note"), [("3.12", ""), ("3.13", "OpenVINO 2024.6"), ("3.14", "LoadGen")]
)
def test_what_a_newer_python_lacks_is_said_once(machine: Machine, version: str, note: str) -> None:
    machine.put("python3", version)
    said = machine.set_up().stderr.splitlines()[1:]
    assert len(said) == (1 if note else 0)
    assert note in "".join(said)


def test_the_environment_keeps_its_python_when_the_lock_changes(machine: Machine) -> None:
    machine.put("python3.12", "3.12")
    machine.set_up("python3.12")
    machine.ready.unlink()
    machine.put("python3.11", "3.11")
    assert "with Python 3.12.9" in machine.set_up().stderr


def test_another_named_python_replaces_the_environment_and_the_same_one_does_not(
    machine: Machine,
) -> None:
    machine.put("python3.11", "3.11")
    machine.put("python3.12", "3.12")
    assert machine.set_up().returncode == 0
    assert machine.set_up("python3.11").stderr == ""
    assert "with Python 3.12.9" in machine.set_up("python3.12").stderr


def test_a_failed_install_is_not_ready(machine: Machine) -> None:
    machine.put("python3", "3.11", pip_status=1)
    done = machine.set_up()
    assert done.returncode == 2
    assert "error: the packages could not be installed" in done.stderr
    assert not machine.ready.exists()


def test_a_folder_that_is_no_virtual_environment_is_not_replaced(machine: Machine) -> None:
    machine.put("python3", "3.11")
    machine.venv.mkdir()
    (machine.venv / "thesis.txt").write_text("years of work")
    assert "is no virtual environment" in machine.refusal()[0]
    assert (machine.venv / "thesis.txt").exists()


def test_packages_for_training_that_cannot_be_had_end_in_three_lines(
    repo: Path, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    words = ["sh", str(repo / "tools/setup_train.sh"), str(python), str(tmp_path / "ready")]
    run = subprocess.run(words, cwd=repo, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    said = run.stderr.splitlines()
    assert said[1] == "error: the packages for training could not be installed"
    assert "PIP_EXTRA_INDEX_URL" in said[3]
    assert len(said) == 4
    assert not (tmp_path / "ready").exists()


def test_ray_does_not_replace_the_environment_of_the_kit(machine: Machine) -> None:
    python, kit = machine.put("python3", "3.11"), machine.venv / "bin" / "mlperf-kit"
    kit.parent.mkdir(parents=True)
    for path in (kit, machine.venv / "pyvenv.cfg"):
        path.touch()
    words = ["sh", "tools/setup_fleet.sh", str(python), str(machine.venv), str(machine.ready)]
    run = subprocess.run(words, cwd=machine.repo, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert run.stderr.startswith("error: FLEET_VENV names the environment of the kit\n")
    assert kit.exists()


@pytest.mark.parametrize("script", ["docker/lock.sh", "docker/engine.sh"])
def test_scripts_print_their_help_and_refuse_the_rest(repo: Path, script: str) -> None:
    def call(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [repo / script, *words], capture_output=True, text=True, check=False, timeout=20
        )

    helped = call("--help")
    assert helped.returncode == 0
    assert "usage: " + script in helped.stdout
    assert helped.stderr == ""
    refused = call("--nonsense")
    assert refused.returncode == 2
    assert "usage: " + script in refused.stderr
