"""Lines of LoadGen's own shape, recognised many at once.

Most logs consist of nothing but such lines. One regular expression recognises them; where it does
not recognise all, the caller looks at each line with a JSON parser. Both ways give the same facts
(a test holds them together).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from submission.loadgen.detail_lines import MARKER, LineReader, code_of
from submission.loadgen.keys import TIMED, WANTED_BYTES

INTEGER_DIGITS = 40
KNOWN_VALUES = 10_000

# Python refuses whole numbers of over 4300 digits; who writes one is looked at line by line
_NUMBER = rb"-?(?:0|[1-9]\d{0,999})(?:\.\d+)?(?:[eE][-+]?\d+)?"
_SCALAR = rb"true|false|" + _NUMBER + rb'|"[ !#-\[\]-~]*+"'
_ESCAPED = rb'"(?:[ !#-\[\]-~]|\\[\\nt"/])*+"'
_STRING_PAIRS = rb'(?:"[ !#-\[\]-~]*+":"[ !#-\[\]-~]*+",?)*+(?<!,)'
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
    + (rb"\{" + _STRING_PAIRS + rb"\}")
    + rb'), "time_ms": ('
    + _NUMBER
    + rb'), "namespace": "mlperf::logging", "event_type": "[A-Z_]+", "metadata": \{'
    + _FLAGS
    + rb', "file": "[\w./-]+", "line_no": \d+, "pid": \d+, "tid": \d+\}\}\r?\n',
    re.MULTILINE,
)
_SAMPLES_HEAD = b':::MLLOG {"key": "loaded_qsl_set", "value": ['
_SOURCES_HEAD = b':::MLLOG {"key": "loadgen_file_sha1", "value": {'
_SOURCES_WITHIN = 64 << 10
"""LoadGen lists its sources in the first lines, and once."""

_TAIL = re.compile(
    rb'[\]}], "time_ms": '
    + _NUMBER
    + rb', "namespace": "mlperf::logging", "event_type": "[A-Z_]+", "metadata": \{'
    rb'"is_error": false, "is_warning": false'
    rb', "file": "[\w./-]+", "line_no": \d+, "pid": \d+, "tid": \d+\}\}\r?\n'
)
_PAIRS = re.compile(_STRING_PAIRS)
_PROCESS = re.compile(rb'"pid": (\d{1,18}), "tid"')
_WORDS = {b"true": True, b"false": False}
_CLEAN = b'false, "is_warning": false'
_LIST_BYTES = b"0123456789,"


Found = list[tuple[bytes, bytes, bytes, bytes]]
Long = int | Mapping[str, str]
"""What is kept of a long line: how many samples there are, or LoadGen's sources."""

Piece = tuple[Found, int, int, Long | None]
"""Lines, where they begin and end, and the long line behind them (None at the end)."""


def take_plain(reader: LineReader, block: bytes) -> bool:
    """Feed a block, if every line of it has LoadGen's shape; False, and nothing fed, if not."""
    if not block.startswith(MARKER) or not block.endswith(b"\n"):
        return False
    process = _PROCESS.search(block)
    pieces = _pieces(block)
    if pieces is None or process is None:
        return False
    for found, begin, end, long in pieces:
        _feed(reader, found)
        # nearly all logs are written by one process
        if block.count(process[0], begin, end) == len(found):
            reader.take_process(int(process[1]))
        else:
            for other in _PROCESS.findall(block, begin, end):
                reader.take_process(int(other))
        if long is None:
            continue
        reader.count_lines(1)
        if isinstance(long, int):
            reader.take_loaded(long)
        else:
            reader.take_sources(long)
    return True


def _pieces(block: bytes) -> list[Piece] | None:
    """The block, cut at its long lines; None if a line is not plain."""
    pieces: list[Piece] = []
    position = 0
    ahead = block.find(_SOURCES_HEAD, 0, _SOURCES_WITHIN)
    while True:
        head = _SOURCES_HEAD if ahead >= 0 else _SAMPLES_HEAD
        long = ahead if ahead >= 0 else block.find(head, position)
        end = len(block) if long < 0 else long
        found = LOADGEN_LINE.findall(block, position, end)
        if len(found) != block.count(b"\n", position, end):
            return None
        if long < 0:
            pieces.append((found, position, end, None))
            return pieces
        behind = _after_long(block, long, head)
        if behind is None:
            return None
        pieces.append((found, position, end, behind[1]))
        position = behind[0]
        ahead = -1


def _feed(reader: LineReader, found: Found) -> None:
    number = reader.line_count
    values, lines = reader.values, reader.lines
    for key, value, stamp, flags in found:
        number += 1
        name = WANTED_BYTES.get(key)
        if name is not None:
            # most values are whole numbers, and stand there once
            if value.isdigit() and name not in values and len(value) < INTEGER_DIGITS:
                values[name] = int(value)
                lines[name] = number
            else:
                reader.take_value(name, json_scalar(value), number)
            if name in TIMED:
                reader.take_time(name, float(stamp))
        if flags != _CLEAN:
            reader.take_flagged(key.decode(), json_scalar(value), number, error=flags[:1] == b"t")
    reader.count_lines(len(found))


_known: dict[int, Long] = {}


def _after_long(block: bytes, start: int, head: bytes) -> tuple[int, Long] | None:
    """The offset behind a line of samples or of sources, and its value if it is a plain one."""
    first = start + len(head)
    bracket = block.find(b"]" if head is _SAMPLES_HEAD else b"}", first)
    tail = _TAIL.match(block, bracket) if bracket >= 0 else None
    if tail is None:
        return None
    value = block[first - 1 : bracket]
    # the same seeds give the same lists, and the same LoadGen the same sources, log after log
    known = _known.get(hash(value))
    if known is None:
        is_plain = _is_plain_list if head is _SAMPLES_HEAD else _is_plain_map
        if len(value) > 1 and not is_plain(value[1:]):
            return None
        known = _list_length(value) if head is _SAMPLES_HEAD else code_of(json.loads(value + b"}"))
        if len(_known) >= KNOWN_VALUES:
            _known.clear()
        _known[hash(value)] = known
    return tail.end(), known


def _list_length(value: bytes) -> int:
    """How many numbers stand behind the opening bracket."""
    return value.count(b",") + 1 if len(value) > 1 else 0


def _is_plain_map(text: bytes) -> bool:
    """Whether a text is pairs of strings without a backslash, with a comma between each two."""
    return _PAIRS.fullmatch(text) is not None


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
