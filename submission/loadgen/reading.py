"""Opens files of untrusted trees: never through links, never without a bound."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

NO_FILE = "it is not a regular file"
WHOLE_FILE_BYTES = 16 << 20
"""A larger file is not read at once, unless its reader says otherwise."""

BLOCK_BYTES = 4 << 20
"""So much of a log is held at once; most logs are one block."""

CONVERTED_BYTES = 64 << 20
CHUNK_BYTES = 1 << 20
Place = str | os.PathLike[str]
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
LINE_BYTES = 1 << 20
"""A longer line is not parsed, and said to be so."""


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
class LogBlock:
    """Whole lines with their ends; ``overlong`` if it is the beginning of a line of over 4 MiB."""

    content: bytes
    overlong: bool = False


def opened(path: Place) -> io.FileIO:
    """A regular file open for reading; raises OSError for links, folders, pipes and devices."""
    raw = io.FileIO(os.open(path, _FLAGS))
    if not stat.S_ISREG(os.fstat(raw.fileno()).st_mode):
        raw.close()
        raise OSError(NO_FILE)
    return raw


def read_whole(path: Place, limit_bytes: int = WHOLE_FILE_BYTES) -> bytes | Unreadable:
    """The content of a file, or why it cannot be had; larger files than the limit are refused."""
    try:
        # as ``opened`` does, and quicker: most files of a tree are small
        descriptor = os.open(path, _FLAGS)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                return Unreadable(why=NO_FILE)
            size = found.st_size
            if size > limit_bytes:
                return Unreadable(why=f"{size} bytes are more than such a file may have")
            return os.read(descriptor, size + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        return Unreadable(why=reason(error))


def read_head(path: Place, limit_bytes: int) -> bytes | Unreadable:
    """The first bytes of a file of any size, or why they cannot be had."""
    try:
        with opened(path) as stream:
            return stream.read(limit_bytes)
    except OSError as error:
        return Unreadable(why=reason(error))


def sha1_of(path: Place) -> str | None:
    """SHA-1 of a file of any size, as the power tools take it; None if it cannot be read."""
    digest = hashlib.sha1()  # noqa: S324 - their choice
    try:
        with opened(path) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
    except OSError:
        return None
    return digest.hexdigest()


def has_sha1(path: Place, digest: str) -> bool:
    """Whether a file has that SHA-1 digest, with its line ends or with those of another system."""
    if sha1_of(path) == digest:
        return True
    content = read_whole(path, CONVERTED_BYTES)
    if isinstance(content, Unreadable):
        return False
    unix = content.replace(b"\r\n", b"\n")
    others = (unix, unix.replace(b"\n", b"\r\n"))
    return digest in {hashlib.sha1(other).hexdigest() for other in others}  # noqa: S324


def same_content(one: Place, other: Place) -> bool:
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


def blocks_of(stream: IO[bytes], size_bytes: int) -> Iterator[LogBlock]:
    """A stream in blocks of whole lines, of a line that is too long its beginning only.

    ``size_bytes`` is what the stream is thought to hold; memory stays bounded for any input.
    """
    rest, left = b"", size_bytes + 1
    while chunk := stream.read(min(left, BLOCK_BYTES) if left > 0 else CHUNK_BYTES):
        left -= len(chunk)
        held = rest + chunk if rest else chunk
        end = held.rfind(b"\n") + 1
        if end:
            yield LogBlock(content=held[:end])
        rest = held[end:]
        if len(rest) >= BLOCK_BYTES:
            yield LogBlock(content=rest[:LINE_BYTES], overlong=True)
            rest = _behind_line(stream)
    if rest:
        yield LogBlock(content=rest)


def _behind_line(stream: IO[bytes]) -> bytes:
    """Reads on up to the end of a line; what was read of the next one."""
    while chunk := stream.read(CHUNK_BYTES):
        _, newline, behind = chunk.partition(b"\n")
        if newline:
            return behind
    return b""
