"""Locks between processes: a file that one process holds.

The system frees a lock when its process ends, however it ends; the file stays and means nothing.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


class HeldError(Exception):
    """Another process holds the lock; ``holder`` is its number, as the file has it."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


@contextmanager
def file_lock(path: Path, *, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock of the file at ``path``, which is created with its folder.

    If another process holds it, raises HeldError; with ``waiting``, that is called once and then
    the lock is waited for. Raises OSError if the file cannot be created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as stream:
        _take(stream, waiting)
        # what a refused process reads; on a full disk the lock holds all the same
        with suppress(OSError):
            os.ftruncate(stream.fileno(), 0)
            os.write(stream.fileno(), str(os.getpid()).encode())
        yield


def _take(stream: IO[str], waiting: Callable[[], None] | None) -> None:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        if waiting is None:
            stream.seek(0)
            raise HeldError(stream.read().strip() or "unknown") from error
        waiting()
        fcntl.flock(stream, fcntl.LOCK_EX)
