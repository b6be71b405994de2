"""On a node: runs one cell's command with the kit's own interpreter, for Ray's worker.

One line of JSON on standard input says what to run; how it ended is written to ``end.json`` beside
its output. Standard input stays open as long as the worker wants the cell: when it ends, by a
cancel or because the worker is gone, the command's process group is stopped.

The node's lock is held by the command itself: one that outlives its agent, while it cleans up,
keeps the next cell waiting.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from submission.files import sha256_of, write_json
from submission.fleet.command import begin, failure_of, stop, tail_of, with_archive

_POLL_S = 0.2


def supervise(requests: int) -> None:
    """Run the cell that the first line of the file descriptor ``requests`` describes."""
    node_and_order = json.loads(_first_line(requests))
    folder = Path(node_and_order["folder"])
    lock = os.open(node_and_order["lock"], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _taken(lock):
            if _ended(requests, _POLL_S):
                return
        end = _run(node_and_order, folder, requests, lock)
    finally:
        os.close(lock)
    if end is not None:
        write_json(folder / "end.json", end)


def _first_line(requests: int) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        read = os.read(requests, 1 << 16)
        if not read:
            break
        line += read
    return line


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _ended(requests: int, wait_s: float) -> bool:
    """Whether the worker let go of the cell."""
    ready, _, _ = select.select([requests], [], [], wait_s)
    return bool(ready) and not os.read(requests, 1)


def _run(order: Mapping[str, Any], folder: Path, requests: int, lock: int) -> dict[str, Any] | None:
    """How the command ended, in the fields of a CellEnd; None if nobody wants to know."""
    archive, log = folder / "result.tar", folder / "output.log"
    begun, timeout_s = time.monotonic(), float(order["timeout_s"])
    command = [*order["program"], *with_archive(order["arguments"], archive)]
    try:
        process = begin(
            command,
            root=Path(order["root"]),
            environment=order["environment"],
            log=log,
            keeps=(lock,),
        )
    except OSError as error:
        reason = f"{error.filename}: {error.strerror or error}"
        return _end(None, f"it could not be started: {reason}", 0.0, log, None)
    late_after_s = None
    while process.poll() is None:
        if _ended(requests, _POLL_S):
            stop(process)
            return None
        if time.monotonic() - begun >= timeout_s:
            stop(process)
            late_after_s = timeout_s
    code = None if late_after_s else process.returncode
    seconds = time.monotonic() - begun
    reason = failure_of(code, late_after_s=late_after_s, has_archive=archive.is_file())
    return _end(code, reason, seconds, log, None if reason else archive)


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


if __name__ == "__main__":
    supervise(sys.stdin.fileno())
