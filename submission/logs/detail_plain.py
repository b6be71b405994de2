"""Lines of LoadGen's own shape, recognised many at once.

Most logs consist of nothing but such lines. One regular expression recognises them; where it does
not recognise all, the caller looks at each line with a JSON parser. Both ways give the same facts
(a test holds them together).
"""

from __future__ import annotations

import json
import re
from typing import Any

from submission.logs.detail_lines import MARKER, LineReader
from submission.logs.keys import WANTED_BYTES

INTEGER_DIGITS = 40
KNOWN_SAMPLES = 10_000

# Python refuses whole numbers of over 4300 digits; who writes one is looked at line by line
_NUMBER = rb"-?(?:0|[1-9]\d{0,999})(?:\.\d+)?(?:[eE][-+]?\d+)?"
_SCALAR = rb"true|false|" + _NUMBER + rb'|"[ !#-\[\]-~]*+"'
_ESCAPED = rb'"(?:[ !#-\[\]-~]|\\[\\nt"/])*+"'
_STRING_MAP = rb'\{(?:"[ !#-\[\]-~]*+":"[ !#-\[\]-~]*+",?)*+(?<!,)\}'
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
            reader.count_lines(1)  # the list of samples between two pieces
        _feed(reader, found)
    return True


def _pieces(block: bytes) -> list[Found] | None:
    """What stands in the lines between the lists of samples; None if a line is not plain."""
    pieces: list[Found] = []
    position = 0
    while True:
        samples = block.find(_SAMPLES_HEAD, position)
        end = len(block) if samples < 0 else samples
        found = LOADGEN_LINE.findall(block, position, end)
        if len(found) != block.count(b"\n", position, end):
            return None
        pieces.append(found)
        if samples < 0:
            return pieces
        position = _after_samples(block, samples)
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
