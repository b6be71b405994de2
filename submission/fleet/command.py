"""A cell's command on its node: how it is started, stopped, and what its end is called."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from submission.files import part_of, sha256_of
from submission.fleet.protocol import ARCHIVE, TAIL_LINES, CellEnd, Ending

#: from SIGTERM to SIGKILL: the kit removes its containers in this time
GRACE_S = 20.0
_TAIL_BYTES = 1 << 16
_POLL_S = 0.2
_FULL_BYTES = 1 << 20


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


def run_order(
    order: Mapping[str, Any],
    folder: Path,
    *,
    dropped: Callable[[float], bool],
    keeps: Sequence[int] = (),
) -> dict[str, Any] | None:
    """Run a cell's command on its node; how it ended, or None if nobody wants it any more.

    ``order`` has ``program``, ``root``, ``environment``, ``arguments`` and ``timeout_s``. Output
    and result lie in ``folder``. ``dropped`` waits that many seconds at most and says whether the
    cell is to be stopped. What is returned are fields of a CellEnd, with ``size`` and ``sha256`` of
    the result.
    """
    archive, log = folder / "result.tar", folder / "output.log"
    begun, timeout_s = time.monotonic(), float(order["timeout_s"])
    command = [*order["program"], *with_archive(order["arguments"], archive)]
    try:
        process = begin(
            command,
            root=Path(order["root"]),
            environment=order["environment"],
            log=log,
            keeps=keeps,
        )
    except OSError as error:
        reason = f"{error.filename}: {error.strerror or error}"
        return _end(None, f"it could not be started: {reason}", 0.0, log, None)
    late_after_s = None
    while process.poll() is None:
        if dropped(_POLL_S):
            stop(process)
            return None
        if time.monotonic() - begun >= timeout_s:
            stop(process)
            late_after_s = timeout_s
    code = None if late_after_s else process.returncode
    seconds = time.monotonic() - begun
    reason = failure_of(code, late_after_s=late_after_s, has_archive=archive.is_file())
    if reason and _is_full(folder):
        # its own words may not have found room in the log
        reason += f"; the disk of {folder} is full"
    return _end(code, reason, seconds, log, None if reason else archive)


def _is_full(folder: Path) -> bool:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize < _FULL_BYTES


def _end(
    code: int | None, reason: str, seconds: float, log: Path, archive: Path | None
) -> dict[str, Any]:
    return {
        "kind": "done" if archive else "failed",
        "exit_code": code,
        "reason": reason,
        "seconds": seconds,
        "tail": tail_of(log),
        "size": archive.stat().st_size if archive else 0,
        "sha256": sha256_of(archive) if archive else "",
    }


def end_from(
    end: Mapping[str, Any], *, cell_id: str, node: str, result: Path, inbox: Path
) -> CellEnd:
    """The end that ``run_order`` gave on a node, its result taken into ``inbox`` if it is whole.

    ``result`` is where the result lies now, on the inbox's file system; none is left there.
    """
    kind, reason, archive = Ending(end["kind"]), end["reason"], None
    if kind is Ending.DONE:
        if _is_whole(result, end):
            archive = taken_over(result, inbox / f"{cell_id}.tar")
        else:
            kind, reason = Ending.FAILED, "its result did not come whole"
    if archive is None:
        with suppress(OSError):
            result.unlink(missing_ok=True)
    return CellEnd(
        id=cell_id,
        kind=kind,
        node=node,
        seconds=end["seconds"],
        exit_code=end["exit_code"],
        archive=archive,
        reason=reason,
        tail=tuple(end["tail"]),
    )


def taken_over(result: Path, archive: Path) -> Path:
    """One file system, so a rename does: nothing is copied that could come in part."""
    result.replace(part_of(archive))
    part_of(archive).replace(archive)
    return archive


def _is_whole(result: Path, end: Mapping[str, Any]) -> bool:
    try:
        found = result.stat().st_size, sha256_of(result)
    except OSError:
        return False
    return found == (end["size"], end["sha256"])
