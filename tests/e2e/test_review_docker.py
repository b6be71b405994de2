"""Every command of the rendered README, as it is written there, in the image (--docker)."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Kit
from tests.fakes.real_engine import engine_host

pytestmark = [pytest.mark.docker, pytest.mark.slow]

SECTION = re.compile(r"^## Review: check and reproduce\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
READMES = (
    "code/minilm-squad/openvino-cpu/README.md",
    "measurements/1-node-OpenVINO-INT8/minilm-squad/Server/README.md",
)


@pytest.fixture(scope="module")
def docked(kit: Kit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose runs were made in the image."""
    workspace = tmp_path_factory.mktemp("docked")
    done = kit("run", workspace=workspace, runner="docker")
    assert done.returncode == 0, done.stderr
    return workspace


def commands(tree: Path, readme: str) -> dict[str, str]:
    """Name of the command to its lines."""
    section = SECTION.search((tree / "open/Demo" / readme).read_text(encoding="utf-8"))
    assert section is not None
    words = r"mlperf-kit-e2e:tiny ([a-z]+)"
    return {re.search(words, block)[1]: block for block in BLOCK.findall(section[1])}


def given(docked: Path, lines: str, scenario: str) -> subprocess.CompletedProcess[str]:
    """Type the lines at the root of the tree, with the client set to the engine that was found."""
    log = docked / f"runs/tiny/minilm-squad/{scenario}/accuracy/mlperf_log_accuracy.json"
    return subprocess.run(
        ["bash", "-c", lines],
        cwd=docked / "submission",
        env={**os.environ, "DOCKER_HOST": engine_host(), "LOG": str(log)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("readme", READMES)
def test_a_readme_gives_five_commands_without_privileges(docked: Path, readme: str) -> None:
    found = commands(docked / "submission", readme)
    assert list(found) == ["check", "verify", "score", "reproduce", "info"]
    for lines in found.values():
        for option in ("--user", "--read-only", "--tmpfs /tmp", "--network none"):
            assert option in lines


@pytest.mark.parametrize("command", ["check", "verify", "score", "info"])
def test_a_command_of_the_readme_ends_well(docked: Path, command: str) -> None:
    done = given(docked, commands(docked / "submission", READMES[0])[command], "Offline")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_result_of_a_readme_is_reproduced(docked: Path) -> None:
    done = given(docked, commands(docked / "submission", READMES[1])["reproduce"], "Server")
    # the rate of a run of a second is chance on a busy machine; the answers are not
    assert done.returncode in {0, 1}, done.stderr
    assert re.search(r"^F1 .* equal$", done.stdout, re.MULTILINE), done.stdout
    assert done.stdout.splitlines()[0] == "minilm-squad/Server"


@pytest.mark.parametrize("command", ["check", "verify", "score", "reproduce"])
def test_the_commands_take_the_archive_as_well(docked: Path, command: str) -> None:
    lines = commands(docked / "submission", READMES[0])[command]
    archive = docked / "Demo-open-v3.0.tar.gz"
    done = given(docked, lines.replace('"$PWD"', f'"{archive}"'), "Offline")
    # a rate of a second is chance
    assert done.returncode in ({0, 1} if command == "reproduce" else {0}), done.stdout + done.stderr
    if command == "reproduce":
        assert re.search(r"^F1 .* equal$", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize("command", ["check", "verify"])
def test_a_stranger_elsewhere_finds_the_same(docked: Path, tmp_path: Path, command: str) -> None:
    """Another user id and time zone, a folder with a blank, other permissions, a zip archive."""
    lines = commands(docked / "submission", READMES[0])[command]
    lines = lines.replace('"$(id -u):$(id -g)"', "12345:12345 --env TZ=Asia/Tokyo")
    moved = tmp_path / "another place" / "submission"
    shutil.copytree(docked / "submission", moved, copy_function=shutil.copyfile)
    for path in moved.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    archive = shutil.make_archive(str(tmp_path / "tree"), "zip", moved)
    for source in (moved, Path(archive)):
        done = given(docked, lines.replace('"$PWD"', f'"{source}"'), "Offline")
        assert done.returncode == 0, done.stdout + done.stderr
