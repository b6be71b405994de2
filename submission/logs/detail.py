"""LoadGen's mlperf_log_detail.txt to facts, in one pass over its bytes.

Most logs consist of nothing but lines of LoadGen's own shape. One regular expression recognises
them all at once; what it does not recognise is looked at line by line with a JSON parser. Both ways
give the same facts (a test holds them together).
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from submission.logs.detail_lines import LineReader
from submission.logs.keys import ONCE, WANTED_BYTES
from submission.logs.reading import (
    WHOLE_FILE_BYTES,
    Fault,
    Unreadable,
    lines_of,
    opened,
    reason,
)

MARKER = b":::MLLOG"
INTEGER_DIGITS = 40
KNOWN_SAMPLES = 10_000
ENDS_BYTES = 4096

_NUMBER = rb"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?"
_SCALAR = rb"true|false|" + _NUMBER + rb'|"[ !#-\[\]-~]*+"'
_ESCAPED = rb'"(?:[ !#-\[\]-~]|\\[\\nt"/])*+"'
_STRING_MAP = rb'\{(?:"[ !#-\[\]-~]*":"[ !#-\[\]-~]*",?)*(?<!,)\}'
_FLAGS = (
    rb'"is_error": (false, "is_warning": false|false, "is_warning": true'
    rb'|true, "is_warning": false)'
)
LOADGEN_LINE = re.compile(
    rb'^:::MLLOG \{"key": "([\w.]+)", "value": ('
    + _SCALAR
    + rb"|"
    + _ESCAPED
    + rb"|"
    + _STRING_MAP
    + rb'), "time_ms": '
    + _NUMBER
    + rb', "namespace": "mlperf::logging", "event_type": "[A-Z_]+", "metadata": \{'
    + _FLAGS
    + rb', "file": "[\w./-]+", "line_no": \d+, "pid": \d+, "tid": \d+\}\}\r?\n',
    re.MULTILINE,
)
_SAMPLES_HEAD = b':::MLLOG {"key": "loaded_qsl_set", "value": ['
_SAMPLES_TAIL = re.compile(
    rb'\], "time_ms": '
    + _NUMBER
    + rb', "namespace": "mlperf::logging", "event_type": "[A-Z_]+", "metadata": \{'
    rb'"is_error": false, "is_warning": false'
    rb', "file": "[\w./-]+", "line_no": \d+, "pid": \d+, "tid": \d+\}\}\r?\n'
)
_WORDS = {b"true": True, b"false": False}
_CLEAN = b'false, "is_warning": false'
_LIST_BYTES = b"0123456789,"


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
    ``fault_count`` how many there are. ``fingerprint`` is equal for equal content.
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

    def get(self, key: str) -> Any:
        """The first value of a key, None if the log has none."""
        return self.values.get(key)

    def number(self, key: str) -> int | float | None:
        """The value of a key if it is a number (true and false are not)."""
        value = self.values.get(key)
        return value if type(value) in (int, float) else None

    def text(self, key: str) -> str | None:
        """The value of a key if it is a string."""
        value = self.values.get(key)
        return value if isinstance(value, str) else None


def read_detail_log(path: Path, whole_bytes: int = WHOLE_FILE_BYTES) -> DetailLog | Unreadable:
    """The facts of a detail log of any size and content; never raises for what is in it."""
    try:
        with opened(path) as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > whole_bytes:
                return _streamed(stream, size)
            content = stream.read(size + 1)
    except OSError as error:
        return Unreadable(why=reason(error))
    return parse_detail_log(content)


def parse_detail_log(content: bytes) -> DetailLog:
    """The facts of a detail log that is in memory."""
    return _all_at_once(content) or _line_by_line(
        io.BytesIO(content), len(content), content[:ENDS_BYTES], content[-ENDS_BYTES:]
    )


def _streamed(stream: IO[bytes], size: int) -> DetailLog:
    head = stream.read(ENDS_BYTES)
    stream.seek(size - ENDS_BYTES)
    tail = stream.read(ENDS_BYTES)
    stream.seek(0)
    return _line_by_line(stream, size, head, tail)


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
    )


def fingerprint_of(size: int, head: bytes, tail: bytes) -> int:
    """Equal for equal content; different content may share it, so equality is yet to be proved."""
    return hash((size, head, tail))


def _line_by_line(stream: IO[bytes], size: int, head: bytes, tail: bytes) -> DetailLog:
    """The facts of any log; ``head`` and ``tail`` are its ends."""
    reader = LineReader()
    for line in lines_of(stream):
        reader.take(line)
    if tail and not tail.endswith(b"\n"):
        reader.note_end(reader.line_count, tail.rpartition(b"\n")[2])
    return finished(reader, size, fingerprint_of(size, head, tail))


def _all_at_once(content: bytes) -> DetailLog | None:
    """The facts, if every line has LoadGen's own shape and none is an error; else None."""
    if not content.startswith(MARKER) or not content.endswith(b"\n"):
        return None
    reader = LineReader()
    position, length = 0, len(content)
    while position < length:
        samples = content.find(_SAMPLES_HEAD, position)
        end = length if samples < 0 else samples
        if not _take_plain_lines(reader, content, position, end):
            return None
        if samples < 0:
            break
        end = _after_samples(content, samples)
        if end < 0:
            return None
        reader.count_skipped()
        position = end
    ends = content[:ENDS_BYTES], content[-ENDS_BYTES:]
    return finished(reader, length, fingerprint_of(length, *ends))


def _take_plain_lines(reader: LineReader, content: bytes, start: int, end: int) -> bool:
    """Feed the lines between two offsets; False if one of them is not plain."""
    found = LOADGEN_LINE.findall(content, start, end)
    if len(found) != content.count(b"\n", start, end):
        return False
    number = reader.line_count
    for key, value, flags in found:
        number += 1
        if key in WANTED_BYTES:
            reader.take_value(WANTED_BYTES[key], json_scalar(value), number)
        if flags is not _CLEAN and flags != _CLEAN:
            reader.take_flagged(key.decode(), json_scalar(value), number, error=flags[:1] == b"t")
    reader.count_lines(len(found))
    return True


_known_samples: set[int] = set()


def _after_samples(content: bytes, start: int) -> int:
    """The offset behind a loaded_qsl_set line; -1 if the line is not a plain list of numbers."""
    first = start + len(_SAMPLES_HEAD)
    bracket = content.find(b"]", first)
    tail = _SAMPLES_TAIL.match(content, bracket) if bracket >= 0 else None
    if tail is None:
        return -1
    samples = content[first:bracket]
    # the same seeds give the same lists, log after log
    if samples and hash(samples) not in _known_samples:
        if not _is_plain_list(samples):
            return -1
        if len(_known_samples) >= KNOWN_SAMPLES:
            _known_samples.clear()
        _known_samples.add(hash(samples))
    return tail.end()


def _is_plain_list(text: bytes) -> bool:
    """Whether a text is whole numbers as JSON writes them, with a comma between each two."""
    if text.translate(None, _LIST_BYTES) or b",," in text:
        return False
    if text.startswith(b",") or text.endswith(b","):
        return False
    zeros = b"," + text + b","
    return zeros.count(b",0") == zeros.count(b",0,")


def json_scalar(value: bytes) -> Any:
    """A JSON value from its text; the most frequent kinds without the parser's overhead."""
    if value.isdigit() and len(value) < INTEGER_DIGITS:
        return int(value)
    if value in _WORDS:
        return _WORDS[value]
    if value.startswith(b'"') and b"\\" not in value:
        return value[1:-1].decode("ascii")
    return json.loads(value)


__all__ = [
    "LOADGEN_LINE",
    "ONCE",
    "DetailLog",
    "Message",
    "Repeat",
    "parse_detail_log",
    "read_detail_log",
]
