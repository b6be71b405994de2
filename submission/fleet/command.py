"""A cell's command on its node: how it is started, stopped, and what its end is called."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from submission.fleet.protocol import ARCHIVE, TAIL_LINES

#: from SIGTERM to SIGKILL: the kit removes its containers in this time
GRACE_S = 20.0
_TAIL_BYTES = 1 << 16


def with_archive(arguments: Sequence[str], archive: Path) -> list[str]:
    """The arguments of a cell with the place of its result on this node."""
    return [each.replace(ARCHIVE, str(archive)) for each in arguments]


def begin(
    command: Sequence[str],
    *,
    root: Path,
    environment: Mapping[str, str],
    log: Path,
    keeps: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start the command in a session of its own, its output in ``log``; raises OSError.

    It gets SIGTERM when the process that started it dies, so that the kit can clean up. Ctrl-C
    reaches the coordinator alone, which then cancels. ``keeps`` are file descriptors that it holds.
    """
    setpriv = shutil.which("setpriv", path=environment.get("PATH")) or "setpriv"
    with log.open("wb") as stream:
        return subprocess.Popen(
            [setpriv, "--pdeathsig", "TERM", *command],
            cwd=root,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=keeps,
        )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the command's process group: SIGTERM, then SIGKILL to whatever is left."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def tail_of(log: Path) -> tuple[str, ...]:
    """The last lines of the command's output; none if there is no log."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            text = stream.read().decode("utf-8", errors="replace")
    except OSError:
        return ()
    return tuple(text.splitlines()[-TAIL_LINES:])


def failure_of(code: int | None, *, late_after_s: float | None, has_archive: bool) -> str:
    """Why a command that ended on its node failed, in one line; empty if it did not.

    ``code`` is the exit code, -9 for a command that signal 9 ended. ``late_after_s`` is given where
    the command was stopped for its time.
    """
    if late_after_s is not None:
        return f"it took longer than {late_after_s:g} s"
    if code is None:
        return "it was stopped"
    if code:
        return f"exit code {code}" if code > 0 else f"killed by signal {-code}"
    return "" if has_archive else "it ended without its result"
