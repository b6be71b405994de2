"""Two measurements on the same processors are refused, whatever their workspaces."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from submission.container.host_engine import HostEngine
from submission.errors import StageError
from submission.host.claims import ClaimedError, claim
from submission.runs.context import Context
from submission.runs.profile_run import _own_processors
from submission.workspace.resolve import resolve

# no machine of the tests has these
FIRST, SECOND = 70_001, 70_002

HOLD = f"""
import sys
from submission.host.claims import claim
with claim([{FIRST}]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_another_process_is_refused_and_named_until_the_first_ends(repo: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=repo,
        env={**os.environ, "PYTHONPATH": str(repo)},
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(ClaimedError) as error, claim([SECOND, FIRST]):
            pass
        assert (error.value.processor, error.value.holder) == (FIRST, holder.pid)
        # what the refused one had claimed itself is free again, and others are no matter
        with claim([SECOND]):
            pass
        holder.kill()
    with claim([FIRST, SECOND]):
        pass


def test_a_measurement_on_claimed_processors_says_what_to_do(repo: Path, tmp_path: Path) -> None:
    def context(**more: str) -> Context:
        environment = {"WORKSPACE": str(tmp_path), "CPUSET": f"{FIRST}-{SECOND}", **more}
        resolved = resolve(repo, environment=environment, arguments={})
        return Context(workspace=resolved, connect=lambda: HostEngine(environment={}, root=repo))

    with claim([SECOND]):
        with pytest.raises(StageError) as error, _own_processors(context()):
            pass
        assert f"processor {SECOND} is used by process {os.getpid()}" in error.value.detail
        assert "CPUSET" in error.value.hint
        with _own_processors(context(SHARE_CORES="1")):
            pass
    with _own_processors(context()):
        pass
