"""Opens a tree: a folder as it is, an archive unpacked into a temporary folder.

Archives may come from anybody: only regular files and folders are taken out of them, no name leads
out of the temporary folder, and both number and size are bounded.
"""

from __future__ import annotations

import lzma
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from submission.errors import UsageError
from submission.files import file_mode, may_run
from submission.terms import Division

# the largest tree of a round, all submitters together, has about 60,000 files
MAX_FILES = 200_000
MAX_BYTES = 4 << 30
# what tarfile and zipfile raise for files that are no archive, a damaged one or an encrypted one
_DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    OSError,
    ValueError,
)
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
#: what the archive program of a Mac puts beside a folder
_ADDED = ("__MACOSX", ".DS_Store")


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The most that an archive may hold."""

    files: int = MAX_FILES
    size_bytes: int = MAX_BYTES


@contextmanager
def opened_tree(path: Path, *, bounds: Bounds | None = None) -> Iterator[Path]:
    """The root of the tree at ``path``: the folder itself, or that of an unpacked archive.

    An archive is a tar (gz, xz, bz2) or a zip.

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
        unpack(path, target, bounds=bounds)
        yield _root(target)


def unpack(path: Path, target: Path, *, bounds: Bounds | None = None) -> None:
    """Unpack the archive at ``path`` into the folder ``target``; raises UsageError as above."""
    try:
        _unpack(path, target, bounds or Bounds())
    except _DAMAGED as error:
        raise _refused(path, str(error) or type(error).__name__) from error


@dataclass(frozen=True, kw_only=True)
class _Member:
    """One entry of an archive; ``content`` opens it."""

    name: str
    size_bytes: int
    is_folder: bool
    is_plain: bool
    may_run: bool
    content: Callable[[], IO[bytes]]


def _unpack(path: Path, target: Path, bounds: Bounds) -> None:
    size_bytes = 0
    for files, member in enumerate(_members(path), 1):
        _refuse_unsafe(path, member)
        size_bytes += member.size_bytes
        if files > bounds.files or size_bytes > bounds.size_bytes:
            limit = f"{bounds.files} files and {bounds.size_bytes} bytes"
            raise _refused(path, f"it holds more than {limit}")
        if member.is_folder:
            (target / member.name).mkdir(parents=True, exist_ok=True)
        else:
            _write(member, target / member.name)


def _members(path: Path) -> Iterator[_Member]:
    with path.open("rb") as stream:
        is_zip = stream.read(4) in _ZIP_STARTS
    yield from _zip_members(path) if is_zip else _tar_members(path)


def _tar_members(path: Path) -> Iterator[_Member]:
    # a stream: one pass, and nothing is read twice
    with tarfile.open(path, mode="r|*") as archive:
        for entry in archive:

            def content(entry: tarfile.TarInfo = entry) -> IO[bytes]:
                opened = archive.extractfile(entry)
                assert opened is not None
                return opened

            yield _Member(
                name=entry.name,
                size_bytes=entry.size,
                is_folder=entry.isdir(),
                is_plain=entry.isreg(),
                may_run=may_run(entry.mode),
                content=content,
            )


def _zip_members(path: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            mode = entry.external_attr >> 16

            def content(entry: zipfile.ZipInfo = entry) -> IO[bytes]:
                return archive.open(entry)

            yield _Member(
                name=entry.filename,
                size_bytes=entry.file_size,
                is_folder=entry.is_dir(),
                # zip programs of other systems give no type
                is_plain=stat.S_IFMT(mode) in (0, stat.S_IFREG),
                may_run=may_run(mode),
                content=content,
            )


def _refuse_unsafe(path: Path, member: _Member) -> None:
    """UsageError unless the member stays inside and is a plain file or folder."""
    parts = PurePosixPath(member.name).parts
    if member.name.startswith("/") or ".." in parts or "\0" in member.name:
        raise _refused(path, f"{member.name!r} leads out of the tree")
    if not (member.is_plain or member.is_folder):
        raise _refused(path, f"{member.name!r} is neither a file nor a folder")


def _write(member: _Member, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with member.content() as content, target.open("xb") as stream:
        shutil.copyfileobj(content, stream)
    if member.may_run:
        target.chmod(file_mode(runs=True))


def _root(target: Path) -> Path:
    """The folder that holds the divisions: some archives have one folder above them."""
    names = [entry.name for entry in target.iterdir() if entry.name not in _ADDED]
    inner = target / names[0] if len(names) == 1 else target
    divided = not set(Division).isdisjoint(names)
    return target if divided or not inner.is_dir() else inner


def _refused(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} cannot be unpacked",
        detail=why,
        hint="give a folder, or a tar (gz, xz, bz2) or zip archive of plain files and folders",
    )
