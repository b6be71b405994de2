"""The folder of a person's own model or data set: its name, and how it comes into place."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from submission.artifacts.manifest import MANIFEST
from submission.errors import StageError, UsageError
from submission.files import read_json

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def name_from(stem: str) -> str:
    """The stem of a file as a name: every run of other characters is a dash."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")


def own_name(manifests: Path, name: str, what: str, *, way_out: str = "") -> str:
    """``name`` if a model or data set may have it; raises UsageError.

    ``way_out``: the hint for a name that is taken, where ``--name`` does not name this one.
    """
    # make has no word for the name of a data set
    another = "--name my-model (with make: MODEL=my-model)" if what == "model" else "--name my-data"
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a {what}",
            detail="a name holds letters, digits, points, dashes and underscores, 128 at most",
            hint=f"give another one: {another}",
        )
    if (manifests / name).exists():
        removal = ", or remove that folder first" if _was_added(manifests / name) else ""
        raise UsageError(
            f"the name {name} is taken",
            detail=f"{manifests / name} is there already",
            hint=way_out or f"give another one: {another}{removal}",
        )
    return name


def _was_added(folder: Path) -> bool:
    """Whether a person added what is there; the kit's own manifests never say ``private``."""
    try:
        value = read_json(folder / MANIFEST)
    except (OSError, ValueError):
        return False
    return isinstance(value, dict) and "private" in value


@contextmanager
def new_folder(manifests: Path, name: str, what: str) -> Iterator[Path]:
    """An empty folder that becomes ``manifests/<name>`` only if the block ends without an error.

    Nothing is left of it otherwise; raises StageError for a disk that fails.
    """
    work = manifests / f".{name}.part"
    shutil.rmtree(work, ignore_errors=True)
    try:
        work.mkdir(parents=True)
        yield work
        work.replace(manifests / name)
    except OSError as error:
        raise StageError(
            f"the {what} {name} cannot be written",
            detail=f"{error.filename or manifests}: {error.strerror or error}",
            hint="free some space, or make the folder writable",
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
