"""One run at a time in a workspace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from submission.errors import UsageError
from submission.locks import HeldError, file_lock


@contextmanager
def locked(workspace: Path) -> Iterator[None]:
    """Lock the workspace; UsageError if another process holds it, or if it cannot be written."""
    with ExitStack() as held:
        try:
            held.enter_context(file_lock(workspace / "lock"))
        except HeldError as error:
            raise UsageError(
                "another run uses this workspace",
                detail=f"{workspace}, process {error.holder}",
                hint="wait for it to end, or name another workspace with WORKSPACE=…",
            ) from error
        except OSError as error:
            raise UsageError(
                f"the workspace {workspace} cannot be written",
                detail=error.strerror or str(error),
                hint="make it writable, or name another one with WORKSPACE=…",
            ) from error
        yield
