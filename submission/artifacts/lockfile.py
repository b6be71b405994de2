"""Checksums recorded at the first fetch, for files whose SHA-256 nobody published.

The record is kept beside the fetched parts; a later fetch that returns other bytes is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.artifacts.digest import Checksums
from submission.artifacts.progress import ReportStep, note
from submission.errors import StageError, UsageError
from submission.files import read_json, write_json
from submission.locks import HeldError, file_lock
from submission.workspace.schema import validate

RECORD = "checksums.json"
GUARD = ".lock"


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """Size and checksums of one file at its first fetch."""

    size_bytes: int
    checksums: Checksums


def read_record(folder: Path) -> dict[str, Recorded]:
    """The record of ``folder``, name to checksums; empty if there is none.

    Raises UsageError if the record is damaged.
    """
    path = folder / RECORD
    try:
        value = read_json(path)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read",
            detail=str(error),
            hint="delete it if the files beside it may be fetched again",
        ) from error
    validate(value, "checksums", what=str(path))
    return {name: _recorded(entry) for name, entry in value["files"].items()}


def add_to_record(folder: Path, new: Mapping[str, Recorded]) -> None:
    """Add entries to the record of ``folder``, in one step."""
    entries = {**read_record(folder), **new}
    files = {
        name: {"bytes": entry.size_bytes, **entry.checksums.to_json()}
        for name, entry in sorted(entries.items())
    }
    write_json(folder / RECORD, {"version": 1, "files": files})


@contextmanager
def only_one(guard: Path, *, what: str) -> Iterator[None]:
    """Let one process at a time do ``what`` ("… is already running"); a second one fails.

    ``guard`` is the lock file; the system frees the lock when its process ends.
    Raises UsageError for a second process, StageError if the file cannot be created.
    """
    with ExitStack() as held:
        try:
            held.enter_context(file_lock(guard))
        except HeldError as error:
            raise UsageError(
                f"{what} is already running",
                detail=f"process {error.holder} holds {guard}",
                hint="wait for it to end, or stop it: what it saved will be resumed",
            ) from error
        except OSError as error:
            raise _unwritable(guard.parent, error) from error
        yield


@contextmanager
def alone_in(folder: Path, report: ReportStep) -> Iterator[None]:
    """Let one process at a time work in ``folder``; a second one reports that it waits.

    Raises StageError if the folder cannot be created or written.
    """

    def waiting() -> None:
        note(report, folder.name, f"another process is using {folder}, waiting for it")

    with ExitStack() as held:
        try:
            held.enter_context(file_lock(folder / GUARD, waiting=waiting))
        except OSError as error:
            raise _unwritable(folder, error) from error
        yield


def _unwritable(folder: Path, error: OSError) -> StageError:
    return StageError(
        f"{folder} cannot be written",
        detail=error.strerror or str(error),
        hint="name a folder that this user may write to",
    )


def _recorded(entry: Mapping[str, Any]) -> Recorded:
    return Recorded(size_bytes=entry["bytes"], checksums=Checksums.from_json(entry))
