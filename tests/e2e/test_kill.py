"""kill -9 in the middle of every stage, then the same command again: it ends well.

One walk: the kit is killed in the first stage, continued until it is killed in the second, and so
on; at the end the tree must be that of an undisturbed run, apart from what a clock decides.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.e2e.conftest import Kit

SCRIPT = Path(__file__).with_name("killed_run.py")
# LoadGen's logs and what quotes them differ from run to run
TIMED = re.compile(
    r"mlperf_log_.*|run_metadata_.*|latencies_.*|SHA256SUMS|.*/README\.md|accuracy\.txt|.*\.tar\.gz.*"
)
PLANNED = re.compile(r"^run +(\S+) +\(", re.MULTILINE)


def stages(kit: Kit, workspace: Path, runner: str) -> list[str]:
    """Every stage of the profile, in order, as `plan` lists them for an empty workspace."""
    done = kit("plan", workspace=workspace, runner=runner)
    assert done.returncode == 0, done.stderr
    found = PLANNED.findall(done.stdout)
    assert found[-1] == "pack"
    return found


def kill_in(stage: str, event: int, checkout: Path, workspace: Path, runner: str) -> int:
    environment = {
        **os.environ,
        "PROFILE": "tiny",
        "WORKSPACE": str(workspace),
        "RUNNER": runner,
        "IMAGE": "mlperf-kit-e2e:tiny",
    }
    done = subprocess.run(
        [sys.executable, SCRIPT, str(checkout), stage, str(event)],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode != -signal.SIGKILL:
        pytest.fail(f"{stage} was not killed but ended with {done.returncode}: {done.stderr}")
    return done.returncode


def untimed(tree: Path) -> dict[str, bytes]:
    files = [p for p in tree.rglob("*") if p.is_file()]
    names = {str(p.relative_to(tree)): p for p in files}
    return {
        name: b"" if TIMED.fullmatch(name) or TIMED.fullmatch(path.name) else path.read_bytes()
        for name, path in names.items()
    }


def walk_with_kills(
    checkout: Path, kit: Kit, kills: Iterable[tuple[str, int]], *, workspace: Path, runner: str
) -> None:
    for stage, event in kills:
        kill_in(stage, event, checkout, workspace, runner)
    done = kit("run", workspace=workspace, runner=runner)
    assert done.returncode == 0, done.stderr


def undisturbed(kit: Kit, workspace: Path, runner: str) -> Path:
    done = kit("run", workspace=workspace, runner=runner)
    assert done.returncode == 0, done.stderr
    return workspace / "submission"


def test_a_kit_killed_in_every_stage_ends_with_the_tree_of_an_undisturbed_run(
    checkout: Path, kit: Kit, tmp_path: Path
) -> None:
    kills = [(stage, 2) for stage in stages(kit, tmp_path / "killed", "host")]
    walk_with_kills(checkout, kit, kills, workspace=tmp_path / "killed", runner="host")
    calm = undisturbed(kit, tmp_path / "calm", "host")
    assert untimed(tmp_path / "killed/submission") == untimed(calm)


@pytest.mark.docker
def test_image_and_measure_killed_on_a_real_engine_leave_no_container_and_end_well(
    checkout: Path, kit: Kit, tmp_path: Path
) -> None:
    planned = stages(kit, tmp_path / "killed", "docker")
    kills = [(name, 6) for name in planned if name == "image" or name.startswith("measure")]
    walk_with_kills(checkout, kit, kills, workspace=tmp_path / "killed", runner="docker")
    calm = undisturbed(kit, tmp_path / "calm", "docker")
    assert untimed(tmp_path / "killed/submission") == untimed(calm)
    assert leftovers(checkout, tmp_path / "killed") == []


def leftovers(checkout: Path, workspace: Path) -> list[str]:
    from submission.runs.context import WORKSPACE_LABEL
    from submission.workspace.resolve import resolve
    from tests.fakes.real_engine import real_engine

    environment = {**os.environ, "PROFILE": "tiny", "WORKSPACE": str(workspace)}
    resolved = resolve(checkout, environment=environment, arguments={})
    return real_engine().reap(WORKSPACE_LABEL, resolved.id)
