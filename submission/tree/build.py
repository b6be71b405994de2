"""Writes a tree: beside its place, which it then takes in one step."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from submission.errors import StageError
from submission.files import CHUNK_BYTES, FOLDER_MODE, file_mode, may_run, part_of, replacing_folder
from submission.tree.grammar import SUMS_FILE
from submission.tree.names import refuse_bad_names
from submission.tree.order import Content, Placement
from submission.tree.sums import sums_line


def build_tree(
    placements: Iterable[Placement],
    target: Path,
    *,
    sums_name: str | None = SUMS_FILE,
    any_names: bool = False,
    verify: Callable[[Path], None] | None = None,
) -> None:
    """Make ``target`` hold exactly the placements, and ``SHA256SUMS`` at its root.

    It is built as ``<target>.part``; the tree that stood there before is removed only after
    the new one has its place. ``verify``, if given, looks at the finished part before that, and
    may raise. ``any_names`` takes names that the rules forbid. Raises StageError if a file cannot
    be read or written or if a digest is not the expected one; then the old tree is untouched and
    no part is left.
    """
    listed = sorted(placements, key=lambda placement: placement.target)
    if not any_names:
        refuse_bad_names([placement.target for placement in listed])
    if target.exists() and not target.is_dir():
        raise StageError(
            f"The tree cannot be built: {target} is a file",
            detail="a folder has to be there",
            hint="move the file away",
        )
    with _nothing_left(part_of(target)), replacing_folder(target) as part:
        lines = [_write(placement, part) for placement in listed]
        if sums_name is not None:
            _write(Placement(target=sums_name, source="".join(lines).encode()), part)
        _open_folders(part)
        if verify is not None:
            verify(part)


@contextmanager
def _nothing_left(part: Path) -> Iterator[None]:
    """Remove the folder if the block fails; OSError becomes StageError."""
    try:
        yield
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise StageError(
            f"The tree could not be written below {part.parent}",
            detail=f"{error.filename or part}: {error.strerror or error}",
            hint="check free space and permissions; the earlier tree is untouched",
        ) from error
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _write(placement: Placement, root: Path) -> str:
    """Write one file and return its line for ``SHA256SUMS``."""
    path = root / placement.target
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with path.open("wb") as stream:
        for chunk in _chunks(placement.source):
            digest.update(chunk)
            stream.write(chunk)
    path.chmod(_mode(placement.source))
    if placement.sha256 is not None and digest.hexdigest() != placement.sha256:
        raise StageError(
            f"A file for the tree has another SHA-256 than its manifest says: {placement.target}",
            detail=f"sha256 {digest.hexdigest()}, expected {placement.sha256}",
            hint="fetch the model again: the file was damaged or changed",
        )
    return sums_line(digest.hexdigest(), placement.target)


def _open_folders(root: Path) -> None:
    for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
        folder.chmod(FOLDER_MODE)


def _chunks(source: Content) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk


def _mode(source: Content) -> int:
    """Scripts stay executable; otherwise the umask of the machine has no effect."""
    return file_mode(runs=not isinstance(source, bytes) and may_run(source.stat().st_mode))
