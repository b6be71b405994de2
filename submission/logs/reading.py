"""Opens files of a tree that nobody vouches for: never through links, never without a bound."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

WHOLE_FILE_BYTES = 16 << 20
"""Up to this size a file is read at once; a larger one is read line by line."""

CHUNK_BYTES = 1 << 20
LINE_BYTES = 1 << 20
"""A longer line is skipped, and said to be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreadable:
    """A file that could not be read, and why, in words for a person."""

    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A place where a file is not what its format says.

    ``kind`` is ``encoding``, ``json``, ``shape``, ``metadata``, ``nul``, ``overlong`` or ``cut``;
    ``line`` counts from 1.
    """

    line: int
    kind: str
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line without its line end; ``cut`` if only its first LINE_BYTES are here."""

    number: int
    content: bytes
    cut: bool = False


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """A regular file open for reading; raises OSError for links, folders, pipes and devices."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb", buffering=0) as raw:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("it is not a regular file")
        yield raw


def read_whole(path: Path, limit_bytes: int = WHOLE_FILE_BYTES) -> bytes | Unreadable:
    """The content of a file, or why it cannot be had; larger files than the limit are refused."""
    try:
        with opened(path) as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > limit_bytes:
                return Unreadable(why=f"{size} bytes are more than such a file may have")
            return stream.read(size + 1)
    except OSError as error:
        return Unreadable(why=reason(error))


def sha1_of(path: Path) -> str | None:
    """SHA-1 of a file of any size, as the power tools take it; None if it cannot be read."""
    digest = hashlib.sha1()  # noqa: S324 - their choice
    try:
        with opened(path) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
    except OSError:
        return None
    return digest.hexdigest()


def same_content(one: Path, other: Path) -> bool:
    """Whether two files hold the same bytes; False if one of them cannot be read."""
    try:
        with opened(one) as a, opened(other) as b:
            while chunk := a.read(CHUNK_BYTES):
                if chunk != b.read(CHUNK_BYTES):
                    return False
            return not b.read(1)
    except OSError:
        return False


def reason(error: OSError) -> str:
    """The words of an operating system error, without the path in it."""
    return error.strerror or str(error) or type(error).__name__


def lines_of(stream: IO[bytes], line_bytes: int = LINE_BYTES) -> Iterator[Line]:
    """The lines of a stream, each cut at ``line_bytes``; memory stays bounded for any input."""
    number, rest, skipping = 1, b"", False
    while chunk := stream.read(line_bytes):
        *whole, rest = (rest + chunk).split(b"\n")
        for content in whole:
            if not skipping:
                yield Line(number=number, content=content)
            skipping = False
            number += 1
        if len(rest) >= line_bytes:
            if not skipping:
                yield Line(number=number, content=rest[:line_bytes], cut=True)
            rest, skipping = b"", True
    if rest and not skipping:
        yield Line(number=number, content=rest)
