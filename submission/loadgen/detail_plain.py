"""Lines of LoadGen's own shape, recognised many at once.

Most logs consist of nothing but such lines. One regular expression recognises them; where it does
not recognise all, the caller looks at each line with a JSON parser. Both ways give the same facts
(a test holds them together).
"""

from __future__ import annotations

import json
import re
from typing import Any

from submission.loadgen.detail_lines import MARKER, LineReader
from submission.loadgen.keys import WANTED_BYTES

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
    + rb'), "time_ms": '
    + _NUMBER
    + rb', "namespace": "mlperf::logging", "event_type": "[A-Z_]+", "metadata": \{'
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
_WORDS = {b"true": True, b"false": False}
_CLEAN = b'false, "is_warning": false'
_LIST_BYTES = b"0123456789,"


Found = list[tuple[bytes, bytes, bytes]]


def take_plain(reader: LineReader, block: bytes) -> bool:
    """Feed a block, if every line of it has LoadGen's shape; False, and nothing fed, if not."""
    if not block.startswith(MARKER) or not block.endswith(b"\n"):
        return False
    pieces = _pieces(block)
    if pieces is None:
        return False
    for position, found in enumerate(pieces):
        if position:
            reader.count_lines(1)  # the long line between two pieces
        _feed(reader, found)
    return True


def _pieces(block: bytes) -> list[Found] | None:
    """What stands in the lines between the long ones; None if a line is not plain."""
    pieces: list[Found] = []
    position = 0
    ahead = block.find(_SOURCES_HEAD, 0, _SOURCES_WITHIN)
    while True:
        head = _SOURCES_HEAD if ahead >= 0 else _SAMPLES_HEAD
        long = ahead if ahead >= 0 else block.find(head, position)
        end = len(block) if long < 0 else long
        found = LOADGEN_LINE.findall(block, position, end)
        if len(found) != block.count(b"\n", position, end):
            return None
        pieces.append(found)
        if long < 0:
            return pieces
        position = _after_long(block, long, head)
        ahead = -1
        if position < 0:
            return None


def _feed(reader: LineReader, found: Found) -> None:
    number = reader.line_count
    for key, value, flags in found:
        number += 1
        if key in WANTED_BYTES:
            reader.take_value(WANTED_BYTES[key], json_scalar(value), number)
        if flags != _CLEAN:
            reader.take_flagged(key.decode(), json_scalar(value), number, error=flags[:1] == b"t")
    reader.count_lines(len(found))


_known: set[int] = set()


def _after_long(block: bytes, start: int, head: bytes) -> int:
    """The offset behind a line of samples or of sources; -1 if its value is not a plain one."""
    first = start + len(head)
    bracket = block.find(b"]" if head is _SAMPLES_HEAD else b"}", first)
    tail = _TAIL.match(block, bracket) if bracket >= 0 else None
    if tail is None:
        return -1
    value = block[first - 1 : bracket]
    # the same seeds give the same lists, and the same LoadGen the same sources, log after log
    if hash(value) not in _known:
        is_plain = _is_plain_list if head is _SAMPLES_HEAD else _is_plain_map
        if len(value) > 1 and not is_plain(value[1:]):
            return -1
        if len(_known) >= KNOWN_VALUES:
            _known.clear()
        _known.add(hash(value))
    return tail.end()


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
