"""Opens a tree: a folder as it is, an archive unpacked into a temporary folder.

Archives may come from anybody: only regular files and folders are taken out of them, no name leads
out of the temporary folder, and both number and size are bounded.
"""

from __future__ import annotations

import lzma
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from submission.errors import UsageError
from submission.terms import Division

# the largest tree of a round, all submitters together, has about 60,000 files
MAX_FILES = 200_000
MAX_BYTES = 4 << 30
# what tarfile raises for files that are no archive, or a damaged one
_DAMAGED = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError, ValueError)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The most that an archive may hold."""

    files: int = MAX_FILES
    size_bytes: int = MAX_BYTES


@contextmanager
def opened_tree(path: Path, *, bounds: Bounds | None = None) -> Iterator[Path]:
    """The root of the tree at ``path``: the folder itself, or that of an unpacked tar archive.

    Raises UsageError if there is nothing, if it is neither, or if the archive is damaged, holds
    links or devices, leads out of its folder, or is larger than ``bounds``.
    """
    if not path.exists():
        raise UsageError(
            f"there is no tree at {path}",
            detail="no such file or folder",
            hint="name the root of a tree or its archive; `make submission` makes one; "
            "for the image, mount it: -v TREE:/submission:ro",
        )
    if path.is_dir():
        yield path
        return
    if not path.is_file():
        raise _refused(path, "it is neither a file nor a folder")
    with tempfile.TemporaryDirectory(prefix="tree-") as folder:
        target = Path(folder)
        try:
            _unpack(path, target, bounds or Bounds())
        except _DAMAGED as error:
            raise _refused(path, str(error) or type(error).__name__) from error
        yield _root(target)


def _unpack(path: Path, target: Path, bounds: Bounds) -> None:
    files = size_bytes = 0
    # a stream: one pass, and nothing is read twice
    with tarfile.open(path, mode="r|*") as archive:
        for member in archive:
            name = _safe_name(path, member)
            files += 1
            size_bytes += member.size
            if files > bounds.files or size_bytes > bounds.size_bytes:
                limit = f"{bounds.files} files and {bounds.size_bytes} bytes"
                raise _refused(path, f"it holds more than {limit}")
            if member.isdir():
                (target / name).mkdir(parents=True, exist_ok=True)
            else:
                _write(archive, member, target / name)


def _safe_name(path: Path, member: tarfile.TarInfo) -> str:
    """The member's name, if it stays inside and is a plain file or folder."""
    parts = PurePosixPath(member.name).parts
    if member.name.startswith("/") or ".." in parts or "\0" in member.name:
        raise _refused(path, f"{member.name!r} leads out of the tree")
    if not (member.isreg() or member.isdir()):
        raise _refused(path, f"{member.name!r} is neither a file nor a folder")
    return member.name


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    content = archive.extractfile(member)
    assert content is not None
    with target.open("xb") as stream:
        shutil.copyfileobj(content, stream)


def _root(target: Path) -> Path:
    """The folder that holds the divisions: some archives have one folder above them."""
    names = [entry.name for entry in target.iterdir()]
    inner = target / names[0] if len(names) == 1 else target
    divided = not set(Division).isdisjoint(names)
    return target if divided or not inner.is_dir() else inner


def _refused(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} cannot be unpacked",
        detail=why,
        hint="give a folder, or a tar archive (gz, xz, bz2) of plain files and folders",
    )
