"""One run at a time in a workspace."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from submission.errors import UsageError


@contextmanager
def locked(workspace: Path) -> Iterator[None]:
    """Lock the workspace; UsageError if another process holds it, or if it cannot be written.

    The system releases the lock when the process ends, however it ends.
    """
    path = workspace / "lock"
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        stream = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"the workspace {workspace} cannot be written",
            detail=error.strerror or str(error),
            hint="make it writable, or name another one with WORKSPACE=…",
        ) from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            stream.seek(0)
            holder = stream.read().strip() or "unknown"
            raise UsageError(
                "another run uses this workspace",
                detail=f"{workspace}, process {holder}",
                hint="wait for it to end, or name another workspace with WORKSPACE=…",
            ) from error
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        yield
