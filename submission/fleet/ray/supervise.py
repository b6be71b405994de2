"""On a node: runs one cell's command with the kit's own interpreter, for Ray's worker.

One line of JSON on standard input says what to run; how it ended is one line of JSON on standard
output, which needs no space on a disk. Standard input stays open as long as the worker wants the
cell: when it ends, by a cancel or because the worker is gone, the command's process group is
stopped.

The node's lock is held by the command itself: one that outlives its agent, while it cleans up,
keeps the next cell waiting.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import sys
from pathlib import Path

from submission.fleet.command import run_order

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
        end = run_order(
            node_and_order,
            folder,
            dropped=lambda wait_s: _ended(requests, wait_s),
            keeps=(lock,),
        )
    finally:
        os.close(lock)
    if end is not None:
        sys.stdout.write(json.dumps(end) + "\n")
        sys.stdout.flush()


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


if __name__ == "__main__":
    supervise(sys.stdin.fileno())
