"""Digests, permissions, and atomic writes that leave either the old file or the new one."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

CHUNK_BYTES = 1 << 20
#: permissions of what is handed on: alike on every machine, whatever its umask
FOLDER_MODE = 0o755
_FILE_MODE = 0o644
_SCRIPT_MODE = 0o755
_OWNER_MAY_RUN = 0o100


def may_run(mode: int) -> bool:
    """Whether a file with these permissions is a script or program for its owner."""
    return bool(mode & _OWNER_MAY_RUN)


def file_mode(*, runs: bool) -> int:
    """The permissions of a file, of one that ``runs`` or of another."""
    return _SCRIPT_MODE if runs else _FILE_MODE


def packaged(path: Path) -> Traversable:
    """A file or folder of the package, made of a module's ``__file__``, also in a zip archive.

    What does not exist is returned as it is.
    """
    if path.exists():
        return path
    archive = next((each for each in path.parents if each.is_file()), None)
    if archive is None:
        return path
    # only in the single file of the kit: an installed checker starts without this library
    from zipfile import Path as ZipPath  # noqa: PLC0415

    inner = path.relative_to(archive).as_posix()
    found = ZipPath(str(archive), inner)
    return found if found.is_file() else ZipPath(str(archive), f"{inner}/")


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content as 64 hex digits; raises OSError if it cannot be read."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Write to ``path.part``, which replaces ``path`` only if the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = part_of(path)
    try:
        with part.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content`` in one step."""
    with replacing(path) as stream:
        stream.write(content)


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` (UTF-8) in one step; a long text is encoded in chunks."""
    with replacing(path) as stream:
        for start in range(0, len(text), CHUNK_BYTES):
            stream.write(text[start : start + CHUNK_BYTES].encode("utf-8"))


def json_text(value: Any) -> str:
    """``value`` as JSON with an indent of two, keys in the given order, and a final newline."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Replace ``path`` by ``value`` as JSON in one step."""
    write_text(path, json_text(value))


def read_json(path: Path) -> Any:
    """The JSON value in ``path``; raises OSError, or ValueError for what is no JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ValueError("lists or objects are nested too deeply") from error


def dated_name(path: Path) -> Path:
    """``<path>-<UTC time>`` for what is moved aside; with a number if that exists already."""
    stamp = path.with_name(f"{path.name}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
    number, free = 1, stamp
    while free.exists():
        number += 1
        free = stamp.with_name(f"{stamp.name}-{number}")
    return free


def part_of(path: Path) -> Path:
    """Where a file or folder is made that is to replace ``path``."""
    return path.with_name(path.name + ".part")


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """An empty ``path.part``, which replaces ``path`` only if the block ends without an error.

    After an error it is left as it is, for a look; the next call empties it.
    """
    # imported here and below: the checker, which replaces no folder, starts without it
    import shutil  # noqa: PLC0415

    recover_folder(path)
    part = part_of(path)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    yield part
    replace_folder(part, path)


def recover_folder(path: Path) -> None:
    """Restore ``path`` if ``replace_folder`` was killed between its two renames."""
    old = path.with_name(path.name + ".old")
    if old.is_dir():
        if path.exists():
            import shutil  # noqa: PLC0415

            shutil.rmtree(old)
        else:
            old.rename(path)


def replace_folder(new: Path, path: Path) -> None:
    """Rename the folder ``new`` to ``path``; the old folder is removed only afterwards."""
    recover_folder(path)
    old = path.with_name(path.name + ".old")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.rename(old)
    new.rename(path)
    if old.exists():
        import shutil  # noqa: PLC0415

        shutil.rmtree(old)
