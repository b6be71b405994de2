"""Facts about ``mlperf_log_accuracy.json``: whether it is whole or truncated, and its digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import IO

from submission.loadgen.reading import CHUNK_BYTES, Place, Unreadable, opened, reason

HASHED_BYTES = 1 << 30


@dataclass(frozen=True, kw_only=True, slots=True)
class AccuracyJson:
    """The facts of one accuracy log.

    ``has_ellipsis`` says that the middle was cut out; ``looks_whole`` that it begins and ends as
    LoadGen begins and ends the file. ``sha256`` is None where the log is truncated (the digest of
    the original cannot be known) or is larger than anybody needs to hash. ``here_sha256`` is the
    digest of a short log's bytes as they are here, ``unix_sha256`` and ``unix_bytes`` are its
    digest and size without the carriage returns that a checkout may have added.
    """

    size_bytes: int
    has_ellipsis: bool
    looks_whole: bool
    has_nul: bool
    sha256: str | None
    here_sha256: str = ""
    unix_sha256: str = ""
    unix_bytes: int = 0


def read_accuracy_log(
    path: Place, *, ellipsis: bytes, whole_bytes: int
) -> AccuracyJson | Unreadable:
    """The facts of an accuracy log; ``ellipsis`` shows that one was cut.

    Logs over ``whole_bytes``, the round's limit, are hashed in a stream.
    """
    try:
        with opened(path) as stream:
            content = stream.read(whole_bytes + 1)
            if len(content) > whole_bytes:
                return _large(stream, content)
    except OSError as error:
        return Unreadable(why=reason(error))
    marks = (ellipsis, ellipsis.replace(b"\n", b"\r\n"))
    cut = any(mark in content for mark in marks)
    digest, unix = hashlib.sha256(content).hexdigest(), content.replace(b"\r\n", b"\n")
    return AccuracyJson(
        size_bytes=len(content),
        has_ellipsis=cut,
        looks_whole=_is_whole(content[:20], content[-20:]),
        has_nul=b"\x00" in content,
        sha256=None if cut else digest,
        here_sha256=digest,
        unix_sha256=hashlib.sha256(unix).hexdigest() if unix != content else digest,
        unix_bytes=len(unix),
    )


def _large(stream: IO[bytes], head: bytes) -> AccuracyJson:
    """A log over the limit: not truncated; its digest shows whether hash= was taken from it."""
    digest = hashlib.sha256(head)
    size, tail, nul = len(head), head[-20:], b"\x00" in head
    while chunk := stream.read(CHUNK_BYTES):
        size += len(chunk)
        tail = (tail + chunk)[-20:]
        if size > HASHED_BYTES:
            return AccuracyJson(
                size_bytes=size, has_ellipsis=False, looks_whole=False, has_nul=nul, sha256=None
            )
        digest.update(chunk)
    return AccuracyJson(
        size_bytes=size,
        has_ellipsis=False,
        looks_whole=_is_whole(head[:20], tail),
        has_nul=nul,
        sha256=digest.hexdigest(),
    )


def _is_whole(head: bytes, tail: bytes) -> bool:
    return head.lstrip()[:1] == b"[" and tail.rstrip()[-1:] == b"]"
