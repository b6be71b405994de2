"""Parses LoadGen's ``mlperf_log_detail.txt`` in one pass over its bytes."""

from __future__ import annotations

import io
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from submission.loadgen.detail_lines import MARKER, LineReader
from submission.loadgen.detail_plain import take_plain
from submission.loadgen.reading import (
    Fault,
    Place,
    Unreadable,
    blocks_of,
    opened,
    read_head,
    reason,
)

ENDS_BYTES = 1024
HEAD_BYTES = 32 << 10
PIECE_BYTES = 256 << 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeat:
    """A key that a run should log once and logged again; ``differs`` if with another value."""

    key: str
    line: int
    differs: bool
    first: Any
    again: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A line that LoadGen marked as an error or a warning; the text is cut at 300 characters."""

    line: int
    key: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DetailLog:
    """The facts of one detail log.

    ``values`` has the first value of every wanted key as JSON gives it (the first counts
    officially), ``lines`` where it stands. ``faults`` holds the first few broken lines and
    ``fault_count`` how many there are. ``fingerprint`` is equal for equal content. ``times`` are
    the lines' own time stamps of a few keys, in milliseconds since the log was begun; ``loaded``
    is how many samples each loaded set has (None for a line that is too long); ``sources``
    are the SHA-1 digests of LoadGen's code by file name; ``process_count`` is how many processes
    wrote the lines.
    """

    size_bytes: int
    values: Mapping[str, Any]
    lines: Mapping[str, int]
    line_count: int
    marked_count: int
    repeats: tuple[Repeat, ...] = ()
    errors: tuple[Message, ...] = ()
    warnings: tuple[Message, ...] = ()
    faults: tuple[Fault, ...] = ()
    fault_count: int = 0
    has_bom: bool = False
    fingerprint: int = 0
    official_fault: str | None = field(default=None)
    times: Mapping[str, float] = field(default_factory=dict)
    loaded: tuple[int | None, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    process_count: int = 1

    def get(self, key: str) -> Any:
        """The first value of a key, None if the log has none."""
        return self.values.get(key)

    def number(self, key: str) -> int | float | None:
        """The value of a key if it is a number (true and false are not)."""
        value = self.values.get(key)
        return value if type(value) in (int, float) else None

    def starting(self, *prefixes: str) -> dict[str, Any]:
        """The values of the keys that begin with one of ``prefixes``, in the log's order."""
        return {key: value for key, value in self.values.items() if key.startswith(prefixes)}

    def text(self, key: str) -> str | None:
        """The value of a key if it is a string."""
        value = self.values.get(key)
        return value if isinstance(value, str) else None


def read_detail_log(path: Place) -> DetailLog | Unreadable:
    """The facts of a detail log of any size and content; never raises for what is in it."""
    try:
        with opened(path) as stream:
            return _read(stream, os.fstat(stream.fileno()).st_size)
    except OSError as error:
        return Unreadable(why=reason(error))


def read_detail_head(path: Place, keys: Collection[str]) -> DetailLog | Unreadable:
    """The facts of the beginning of a detail log, if these keys are all there, else of the whole.

    LoadGen logs its settings first, and the samples that it loads, most of a log, behind them.
    """
    head = read_head(path, HEAD_BYTES)
    if isinstance(head, Unreadable):
        return head
    log = parse_detail_log(head[: head.rfind(b"\n") + 1])
    return log if all(key in log.values for key in keys) else read_detail_log(path)


def parse_detail_log(content: bytes) -> DetailLog:
    """The facts of a detail log that is in memory."""
    return _read(io.BytesIO(content), len(content))


def _read(stream: IO[bytes], size: int) -> DetailLog:
    reader = LineReader()
    seen, head, tail = 0, b"", b""
    for block in blocks_of(stream, size):
        if block.overlong:
            reader.take_overlong(block.content)
        else:
            for piece in _pieces(block.content):
                if not take_plain(reader, piece):
                    reader.take_block(piece)
        head = head or block.content[:ENDS_BYTES]
        tail = block.content[-ENDS_BYTES:]
        seen += len(block.content)
    if tail and not tail.endswith(b"\n"):
        reader.note_cut()
    return finished(reader, size, fingerprint_of(seen, head, tail))


def _pieces(block: bytes) -> Iterator[bytes]:
    """A block, cut before lines of LoadGen's: what is known of a line takes more than its text."""
    begin = 0
    while len(block) - begin > 2 * PIECE_BYTES:
        # a single byte is found much faster than the mark behind it
        end = block.find(b"\n", begin + PIECE_BYTES) + 1
        while end and not block.startswith(MARKER, end):
            end = block.find(b"\n", end) + 1
        if not end:
            break
        yield block[begin:end]
        begin = end
    yield block[begin:] if begin else block


def finished(reader: LineReader, size_bytes: int, fingerprint: int) -> DetailLog:
    """What a line reader found, as a DetailLog."""
    return DetailLog(
        size_bytes=size_bytes,
        values=reader.values,
        lines=reader.lines,
        line_count=reader.line_count,
        marked_count=reader.marked_count,
        repeats=tuple(Repeat(**repeat) for repeat in reader.repeats),
        errors=tuple(Message(**message) for message in reader.errors),
        warnings=tuple(Message(**message) for message in reader.warnings),
        faults=tuple(reader.faults),
        fault_count=reader.fault_count,
        has_bom=reader.has_bom,
        fingerprint=fingerprint,
        official_fault=reader.official_fault,
        times=reader.times,
        loaded=tuple(reader.loaded),
        sources=reader.sources,
        process_count=len(reader.processes),
    )


def fingerprint_of(size: int, head: bytes, tail: bytes) -> int:
    """Equal for equal content; different content may share it, so equality is yet to be proved."""
    return hash((size, head, tail))


__all__ = [
    "DetailLog",
    "Message",
    "Repeat",
    "parse_detail_log",
    "read_detail_head",
    "read_detail_log",
]
