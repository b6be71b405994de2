"""Splits files into parts, named like those of ``split -b SIZE -d FILE FILE_p``.

As in the published submission, files of up to 50 MiB stay whole.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from submission.artifacts.digest import Digests
from submission.artifacts.manifest import MANIFEST, File, Manifest, Part, write_manifest
from submission.artifacts.progress import ReportStep, Step, Work, silent
from submission.errors import StageError, UsageError
from submission.files import CHUNK_BYTES

PART_BYTES = 52_428_800
#: split(1) numbers with two digits up to 89, then with four that begin with 9
_SHORT_NUMBERS = 90
_LONG_NUMBERS = 900


def part_name(name: str, number: int) -> str:
    """Name of the part ``number`` (from 0): ``_p00`` … ``_p89``, ``_p9000`` … ``_p9899``."""
    if number < _SHORT_NUMBERS:
        return f"{name}_p{number:02d}"
    return f"{name}_p{9000 + number - _SHORT_NUMBERS}"


def split(
    path: Path,
    target: Path,
    *,
    part_bytes: int = PART_BYTES,
    role: str | None = None,
    report: ReportStep = silent,
) -> File:
    """Split ``path`` into parts of ``part_bytes`` in the folder ``target``; small files stay whole.

    Returns the file with its own and its parts' SHA-256. Raises UsageError if ``path`` cannot be
    read or would need too many parts, StageError if ``target`` cannot be written; incomplete
    parts are then removed.
    """
    size = _size(path, part_bytes)
    whole = Digests(("sha256",), size_bytes=size)
    count = max(1, -(-size // part_bytes))
    names = [path.name] if count == 1 else [part_name(path.name, i) for i in range(count)]
    begun = [target / f"{name}.part" for name in names]
    try:
        target.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as stream:
            parts = []
            for part, name in zip(begun, names, strict=True):
                parts.append(_write_part(stream, part, name, part_bytes, whole))
                report(_step(path, whole.seen_bytes, size))
        _check_unchanged(path, whole, size)
        _put_in_place(begun, path.name, target)
    except OSError as error:
        raise StageError(
            f"{path} cannot be split into {target}",
            detail=f"{error.filename or target}: {error.strerror or error}",
            hint="free some space or make the folder writable",
        ) from error
    finally:
        for part in begun:
            _drop(part)
    checksums = whole.checksums()
    return File(name=path.name, size_bytes=size, checksums=checksums, parts=tuple(parts), role=role)


def _put_in_place(begun: Sequence[Path], name: str, target: Path) -> None:
    """Rename the new parts; remove those of an earlier split that a rejoin would not expect."""
    for part in begun:
        part.replace(part.with_suffix(""))
    numbered = re.compile(re.escape(name) + r"_p[0-9]+")
    new = {part.stem for part in begun}
    for path in list(target.iterdir()):
        if numbered.fullmatch(path.name) and path.name not in new:
            _drop(path)


def split_all(
    paths: Iterable[tuple[Path, str | None]],
    target: Path,
    about: Mapping[str, Any],
    *,
    part_bytes: int = PART_BYTES,
    report: ReportStep = silent,
) -> Manifest:
    """Split files (path, role) into ``target/parts`` and write ``target/manifest.json``.

    ``about`` holds the manifest's other keys; ``part_bytes`` and ``sources`` are set here.
    Raises what ``split`` and ``write_manifest`` raise.
    """
    parts = target / "parts"
    files = tuple(
        split(path, parts, part_bytes=part_bytes, role=role, report=report) for path, role in paths
    )
    whole = {"version": 1, **about, "part_bytes": part_bytes, "sources": ["file:parts/{file}"]}
    return write_manifest(target / MANIFEST, whole, files)


def _size(path: Path, part_bytes: int) -> int:
    if part_bytes < 1:
        raise UsageError(
            "a part holds at least one byte",
            detail=f"{part_bytes} bytes were requested",
            hint=f"leave the option out for the default of {PART_BYTES}",
        )
    try:
        size = path.stat().st_size
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read",
            detail=error.strerror or str(error),
            hint="name a file of a model",
        ) from error
    if size > part_bytes * (_SHORT_NUMBERS + _LONG_NUMBERS):
        raise UsageError(
            f"{path} needs too many parts",
            detail=f"{size} bytes in parts of {part_bytes}",
            hint="choose larger parts",
        )
    return size


def _write_part(stream: IO[bytes], part: Path, name: str, part_bytes: int, whole: Digests) -> Part:
    digests = Digests(("sha256",), size_bytes=0)
    with part.open("wb") as out:
        while chunk := stream.read(min(CHUNK_BYTES, part_bytes - digests.seen_bytes)):
            whole.update(chunk)
            digests.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return Part(name=name, size_bytes=digests.seen_bytes, checksums=digests.checksums())


def _check_unchanged(path: Path, whole: Digests, size: int) -> None:
    if whole.seen_bytes != size:
        raise StageError(
            f"{path} changed while it was split",
            detail=f"{size} bytes at the start, {whole.seen_bytes} at the end",
            hint="split it again when nothing else writes to it",
        )


def _drop(begun: Path) -> None:
    """Remove an incomplete part, if it is still there."""
    with suppress(FileNotFoundError, NotADirectoryError):
        begun.unlink()


def _step(path: Path, done: int, size: int) -> Step:
    return Step(
        work=Work.SPLIT,
        name=path.name,
        done_bytes=done,
        total_bytes=size,
        finished=done == size,
    )
