"""The engine ``here``: what only it has to keep; the rest is the contract of every fleet."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from submission.errors import EngineError
from submission.fleet.here import HereFleet
from submission.fleet.protocol import CellOrder

LIMIT_S = 60.0
COORDINATOR = """
import os, sys
from pathlib import Path
from submission.fleet.here import HereFleet
from submission.fleet.protocol import CellOrder
folder = Path(sys.argv[1])
fleet = HereFleet(program=("sh", "-c"), root=folder, environment=os.environ, inbox=folder,
                  labels=("a",))
script = f"echo $$ > {folder}/pid; sleep 60 & wait"
fleet.send(CellOrder(id="one", system="a", arguments=(script,), timeout_s=60))
fleet.poll(60)
"""


@pytest.fixture
def coordinator(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", COORDINATOR, str(tmp_path)]) as process:
        yield process
        process.kill()


def test_a_cell_here_ends_with_its_coordinator(
    coordinator: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    until, file = time.monotonic() + LIMIT_S, tmp_path / "pid"
    while not (file.is_file() and file.read_text(encoding="utf-8").strip()):
        assert time.monotonic() < until
        time.sleep(0.02)
    cell = int(file.read_text(encoding="utf-8"))
    coordinator.kill()
    coordinator.wait()
    while _runs(cell):
        assert time.monotonic() < until
        time.sleep(0.02)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").split()[2]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def test_a_command_that_cannot_be_started_is_an_engine_error(tmp_path: Path) -> None:
    fleet = HereFleet(
        program=("sh",), root=tmp_path, environment={"PATH": "/none"}, inbox=tmp_path, labels=("a",)
    )
    cell = CellOrder(id="one", system="a", arguments=(), timeout_s=1)
    with pytest.raises(EngineError) as error:
        fleet.send(cell)
    assert "setpriv" in error.value.detail
    assert error.value.exit_code == 4
