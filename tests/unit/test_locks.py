"""The one lock between processes."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from submission.artifacts.lockfile import GUARD, alone_in, only_one
from submission.artifacts.progress import Step
from submission.errors import StageError, UsageError
from submission.locks import HeldError, file_lock

HOLD = """
import sys
from pathlib import Path
from submission.locks import file_lock
with file_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_held_lock_is_refused_with_its_holder_and_free_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "below" / "lock"
    with holder(path) as process:
        with pytest.raises(HeldError) as caught, file_lock(path):
            pass
        assert caught.value.holder == str(process.pid)
        with pytest.raises(UsageError) as refused, only_one(path, what="the training"):
            pass
        assert refused.value.what == "the training is already running"
        assert str(process.pid) in refused.value.detail
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with file_lock(path):
            assert path.read_text() == str(os.getpid())


def test_a_second_process_in_a_folder_says_that_it_waits_and_then_works(tmp_path: Path) -> None:
    said: list[Step] = []
    with holder(tmp_path / GUARD) as process:
        timer = threading.Timer(0.2, process.kill)
        timer.start()
        with alone_in(tmp_path, said.append):
            assert process.wait() == -signal.SIGKILL
        timer.join()
    (step,) = said
    assert step.words == f"another process is using {tmp_path}, waiting for it"


def test_what_fails_under_a_lock_is_not_taken_for_a_failure_to_lock(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), alone_in(tmp_path, lambda _: None):
        (tmp_path / "missing").read_text()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(StageError, match="cannot be written"),
        alone_in(tmp_path / "file" / "x", lambda _: None),
    ):
        pass
