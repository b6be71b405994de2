"""Lines of LoadGen's own shape, recognised many at once.

Most logs consist of nothing but such lines, and most of what they say stands in other logs too: the
same settings, written by the same places of LoadGen's sources. So a log is cut at its time stamps,
and what stands between two of them is looked up among the texts that were recognised before. Where
a text is not of LoadGen's shape, the caller looks at each line with a JSON parser. Both ways give
the same facts (a test compares them).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from submission.loadgen.detail_lines import MARKER, VALUE_CHARACTERS, LineReader, code_of
from submission.loadgen.keys import FIGURES, ONCE, TIMED, WANTED_BYTES

INTEGER_DIGITS = 40
LARGEST = 10**INTEGER_DIGITS
KNOWN_TEXT_BYTES = 16 << 10
KNOWN_TEXTS_BYTES = 1 << 20
"""A longer text is not kept; of the others so much is, and as much of older ones."""

KNOWN_LISTS_BYTES = 4 << 20
LIST_BEGIN_BYTES = 48
KNOWN_PART_BYTES = 500
"""A longer key or end of a line is not kept."""

# Python refuses whole numbers of over 4300 digits; who writes one is looked at line by line
_NUMBER = rb"-?(?:0|[1-9]\d{0,999})(?:\.\d+)?(?:[eE][-+]?\d+)?"
_SHORT_NUMBER = rb"(?:0|[1-9]\d{0,17})"
_STRING_PAIRS = rb'(?:"[ !#-\[\]-~]*+":"[ !#-\[\]-~]*+",?)*+(?<!,)'
_VALUE = re.compile(
    rb"true|false|"
    + _NUMBER
    + rb'|"[ !#-\[\]-~]*+"|"(?:[ !#-\[\]-~]|\\[\\nt"/])*+"|\{'
    + _STRING_PAIRS
    + rb"\}"
)
_STAMP = b', "time_ms": '
"""What a log is cut at; it cannot stand within a text of LoadGen's, where quotes are escaped."""

_STAMPS = re.compile(rb"(?:" + _NUMBER + rb",)*+")
_BEFORE_KEY = b':::MLLOG {"key": "'
_AFTER_KEY = b'", "value": '
_KEY = re.compile(rb"[\w.]+")
_PROCESS = re.compile(rb'"pid": (' + _SHORT_NUMBER + rb'), "tid": ' + _SHORT_NUMBER + rb"\}\}")
_USUAL = b"\x00"
"""Stands for the process and the thread of most lines, which differ from log to log."""

_END = re.compile(
    rb' "namespace": "mlperf::logging", "event_type": "[A-Z_]+", "metadata": \{"is_error": '
    rb'(false, "is_warning": false|false, "is_warning": true|true, "is_warning": false)'
    rb', "file": "[\w./-]+", "line_no": '
    + _SHORT_NUMBER
    + rb', (?:\x00|"pid": ('
    + _SHORT_NUMBER
    + rb'), "tid": '
    + _SHORT_NUMBER
    + rb"\}\})\r?"
)
_CLEAN = b'false, "is_warning": false'
_CLEAN_END = _CLEAN, None
_SAMPLES, _SOURCES = b"loaded_qsl_set", b"loadgen_file_sha1"
_SAMPLES_HEAD = _BEFORE_KEY + _SAMPLES + _AFTER_KEY + b"["
_SOURCES_HEAD = _BEFORE_KEY + _SOURCES + _AFTER_KEY
_LIST_BYTES = b"0123456789,"
_WORDS = {b"true": True, b"false": False}

_FIRST = (
    b' "namespace": "mlperf::logging", "event_type": "X", "metadata": {"is_error": '
    + _CLEAN
    + b', "file": "x", "line_no": 0, '
    + _USUAL
    + b"\n"
)
_LAST = _BEFORE_KEY + b"x" + _AFTER_KEY + b"0"
"""A line before the first one, and a line behind the last one, which nobody asks for."""

End = tuple[bytes, int | None]
"""How a line ends: LoadGen's flags, and its process where that is not the usual one."""

Key = tuple[bytes, str | None]
"""A key, and its name where somebody asks for it."""

Said = tuple[str | None, Any, bool]
"""What stands between two time stamps: a key that somebody asks for (None for others), its value,
and whether the end of the line before, or this line, takes a second look.
"""


class _Known:
    """What was recognised so far, in this log and in those before; bounded."""

    def __init__(self) -> None:
        self.texts: dict[bytes, Said] = {}
        self.older: dict[bytes, Said] = {}
        self.ends: dict[bytes, End] = {}
        self.keys: dict[bytes, Key] = {}
        self.sources: dict[bytes, Mapping[str, str]] = {}
        self.text_bytes = 0
        self.lists: dict[tuple[int, bytes], tuple[bytes, int]] = {}
        self.list_bytes = 0

    def said(self, text: bytes) -> Said | None:
        """What a text says that is not among ``texts``; None if it is not LoadGen's."""
        one = self.older.get(text) or _said(text)
        if one is None or one[0] in FIGURES:
            return one
        self.text_bytes += len(text)
        if self.text_bytes > KNOWN_TEXTS_BYTES:
            # what is still asked for comes back from there
            self.older, self.texts = self.texts, {}
            for kept in (self.ends, self.keys, self.sources):
                kept.clear()
            self.text_bytes = len(text)
        if len(text) <= KNOWN_TEXT_BYTES:
            self.texts[text] = one
        return one

    def keep_list(self, place: tuple[int, bytes], text: bytes, count: int) -> None:
        """Keep a list of samples up to its bracket, and how many it has; the longest unused go."""
        before = self.lists.pop(place, None)
        self.list_bytes += len(text) - (len(before[0]) if before is not None else 0)
        self.lists[place] = text, count
        while self.list_bytes > KNOWN_LISTS_BYTES:
            oldest = self.lists.pop(next(iter(self.lists)))
            self.list_bytes -= len(oldest[0])


_known = _Known()


def take_plain(reader: LineReader, block: bytes) -> bool:
    """Feed a block, if every line of it has LoadGen's shape; False, and nothing fed, if not."""
    if not block.startswith(MARKER) or not block.endswith(b"\n"):
        return False
    emptied = _emptied(block)
    if emptied is None or _USUAL in emptied[0]:
        return False
    text, counts = emptied
    process = _PROCESS.search(text)
    if process is None:
        return False
    first, *others = text.replace(process[0], _USUAL).split(_STAMP)
    pairs = [other.partition(b",") for other in others]
    texts = [_FIRST + first, *[behind for _, _, behind in pairs]]
    texts[-1] += _LAST
    # many lines have the same stamp
    stamps = b",".join({stamp for stamp, _, _ in pairs}) + b","
    said = _recognised(texts)
    if said is None or _STAMPS.fullmatch(stamps) is None:
        return False
    reader.take_process(int(process[1]))
    for count in counts:
        reader.take_loaded(count)
    _feed(reader, said, texts, pairs)
    return True


def _emptied(block: bytes) -> tuple[bytes, list[int]] | None:
    """The block without the samples in its lists, and how many each had; None if one is no list.

    LoadGen flags no list; the text of one would be needed if it did, so that is None as well.
    """
    pieces: list[bytes] = []
    counts: list[int] = []
    behind = 0
    # a bracket is found much faster than the words before it
    while (begin := block.find(b"[", behind) + 1) > 0:
        if not block.endswith(_SAMPLES_HEAD, 0, begin):
            # a text with a bracket: it stays, with all up to it
            pieces.append(block[behind:begin])
            behind = begin
            continue
        end = block.find(b"]", begin)
        count = _list_length(block, begin, end) if end >= 0 else None
        if count is None or b"true" in block[end : block.find(b"\n", end)]:
            return None
        pieces.append(block[behind:begin])
        counts.append(count)
        behind = end
    if not pieces:
        return block, counts
    pieces.append(block[behind:])
    return b"".join(pieces), counts


def _list_length(block: bytes, begin: int, end: int) -> int | None:
    """How many samples a list has that ends at a bracket; None if it is none of whole numbers.

    The same seeds give the same lists, log after log.
    """
    place = end - begin, block[begin : begin + LIST_BEGIN_BYTES]
    kept = _known.lists.get(place)
    if kept is not None and block.startswith(kept[0], begin):
        _known.lists[place] = _known.lists.pop(place)
        return kept[1]
    text = block[begin : end + 1]
    if not _is_plain_list(text):
        return None
    count = text.count(b",") + 1 if len(text) > 1 else 0
    _known.keep_list(place, text, count)
    return count


def _is_plain_list(text: bytes) -> bool:
    """Whether a text is whole numbers as JSON writes them, with a comma between, and a bracket."""
    if text.translate(None, _LIST_BYTES) != b"]" or b",," in text:
        return False
    if text.startswith(b",") or text.endswith(b",]"):
        return False
    # no number begins with a zero but zero itself
    if text.startswith(b"0") and text[1:2] not in b",]":
        return False
    at = text.find(b",0")
    while at >= 0:
        if text[at + 2 : at + 3] not in b",]":
            return False
        at = text.find(b",0", at + 2)
    return True


def _recognised(texts: list[bytes]) -> list[Said] | None:
    """What stands between the time stamps; None if a text there is not LoadGen's."""
    found = list(map(_known.texts.get, texts))
    if None in found:
        for number, known in enumerate(found):
            if known is None:
                found[number] = _known.said(texts[number])
                if found[number] is None:
                    return None
    return cast("list[Said]", found)


def _said(text: bytes) -> Said | None:
    """What the end of a line and the beginning of the next say; None if one is not LoadGen's."""
    end, _, begin = text.partition(b"\n")
    head, _, value_text = begin.partition(_AFTER_KEY)
    ending = _known.ends.get(end) or _end_of(end)
    key = _known.keys.get(head) or _key_of(head)
    if ending is None or key is None:
        return None
    is_odd = ending is not _CLEAN_END
    # most values are whole numbers
    if value_text.isdigit() and len(value_text) < INTEGER_DIGITS and value_text[:1] != b"0":
        return (key[1], int(value_text), is_odd) if key[0] != _SAMPLES else None
    if key[0] == _SAMPLES:
        return (None, None, is_odd) if value_text == b"[]" else None
    if _VALUE.fullmatch(value_text) is None:
        return None
    if key[0] == _SOURCES:
        return None, None, True
    value = _scalar(value_text)
    return (key[1], value, is_odd) if _is_simple(value) else (None, None, True)


def _end_of(text: bytes) -> End | None:
    """The flags and the process in the end of a line; None if it is not LoadGen's."""
    match = _END.fullmatch(text)
    if match is None:
        return None
    end = match[1], None if match[2] is None else int(match[2])
    end = _CLEAN_END if end == _CLEAN_END else end
    if len(text) <= KNOWN_PART_BYTES:
        _known.ends[text] = end
    return end


def _key_of(head: bytes) -> Key | None:
    """The key in the beginning of a line up to it; None if it is not LoadGen's."""
    if not head.startswith(_BEFORE_KEY) or _KEY.fullmatch(head, len(_BEFORE_KEY)) is None:
        return None
    name = head[len(_BEFORE_KEY) :]
    key = name, WANTED_BYTES.get(name)
    if len(head) <= KNOWN_PART_BYTES:
        _known.keys[head] = key
    return key


def _is_simple(value: Any) -> bool:
    """Whether a value is kept as it is, and logs may share it."""
    if isinstance(value, str):
        return len(value) <= VALUE_CHARACTERS
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < LARGEST)


def _feed(
    reader: LineReader,
    said: list[Said],
    texts: list[bytes],
    pairs: list[tuple[bytes, bytes, bytes]],
) -> None:
    """Feed what was recognised; the lines begin behind ``reader.line_count``."""
    values, lines = reader.values, reader.lines
    number = reader.line_count
    for name, value, is_odd in said:
        number += 1
        if name is not None:
            # most keys stand there once
            if name not in values:
                values[name] = value
                lines[name] = number
            elif name in ONCE:
                reader.take_value(name, value, number)
            if name in TIMED:
                reader.take_time(name, float(pairs[number - reader.line_count - 1][0]))
        if is_odd:
            _feed_odd(reader, texts, number - reader.line_count - 1, pairs)
    reader.count_lines(len(pairs))


def _feed_odd(
    reader: LineReader,
    texts: list[bytes],
    index: int,
    pairs: list[tuple[bytes, bytes, bytes]],
) -> None:
    """Feed the flags and the process of a line, and of the next one what is no simple value."""
    number = reader.line_count + index + 1
    end, _, begin = texts[index].partition(b"\n")
    flags, process = _end_of(end) or _CLEAN_END
    if process is not None:
        reader.take_process(process)
    if flags != _CLEAN:
        key, value = _key_and_value(texts[index - 1].partition(b"\n")[2])
        reader.take_flagged(key.decode(), value, number - 1, error=flags.startswith(b"t"))
    if begin.startswith(_SOURCES_HEAD):
        if begin not in _known.sources:
            _known.sources[begin] = code_of(_key_and_value(begin)[1])
        reader.take_sources(_known.sources[begin])
        return
    key, value = _key_and_value(begin)
    name = WANTED_BYTES.get(key)
    if name is not None and not _is_simple(value):
        reader.take_value(name, value, number)
        if name in TIMED:
            reader.take_time(name, float(pairs[index][0]))


def _key_and_value(begin: bytes) -> tuple[bytes, Any]:
    """The key and the value in the beginning of a line that was recognised."""
    head, _, text = begin.partition(_AFTER_KEY)
    return head[len(_BEFORE_KEY) :], None if text == b"[]" else _scalar(text)


def _scalar(value: bytes) -> Any:
    """A JSON value from its text; the most frequent kinds without the parser's overhead."""
    if value in _WORDS:
        return _WORDS[value]
    if value.startswith(b'"'):
        return json.loads(value) if b"\\" in value else value[1:-1].decode("ascii")
    if value.startswith(b"{"):
        return json.loads(value)
    return int(value) if value.removeprefix(b"-").isdigit() else float(value)
