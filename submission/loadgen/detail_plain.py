"""Lines of LoadGen's own shape, recognised many at once.

Most logs consist of nothing but such lines, and most of what they say stands in other logs too: the
same settings, written by the same places of LoadGen's sources. So a log is cut into columns (key,
value, time stamp, end of the line), and what stands in a column is looked up among the texts that
were recognised before. Where a text is not of LoadGen's shape, the caller looks at each line with a
JSON parser. Both ways give the same facts (a test compares them).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from submission.loadgen.detail_lines import MARKER, VALUE_CHARACTERS, LineReader, code_of
from submission.loadgen.keys import FIRST_TIMED, ONCE, TIMED, WANTED_BYTES

T = TypeVar("T")
INTEGER_DIGITS = 40
LARGEST = 10**INTEGER_DIGITS
KNOWN_TEXT_BYTES = 500
MOST_TEXTS = 8192
"""How many texts are kept; a longer text than KNOWN_TEXT_BYTES is not."""

SOURCES_BYTES = 64 << 10
MOST_SOURCES = 16
MOST_LAYOUTS = 64
LAYOUT_LINES = 1000
KNOWN_LISTS_BYTES = 4 << 20
LIST_BEGIN_BYTES = 48
SEARCHED_BYTES = 28 << 10
"""Python searches longer texts in another way, which it prepares again behind each hit."""

_BEGIN = MARKER + b' {"key": "'
_CUT = b', "'
"""What a line is cut at; it cannot stand within a key, and hardly within a value."""

_COLUMNS = 4
# Python refuses whole numbers of over 4300 digits; who writes one is looked at line by line
_NUMBER = rb"-?(?:0|[1-9]\d{0,999})(?:\.\d+)?(?:[eE][-+]?\d+)?"
_SHORT_NUMBER = rb"(?:0|[1-9]\d{0,17})"
_KEY = re.compile(rb'[\w.]+"')
_VALUE_HEAD = b'value": '
_STAMP_HEAD = b'time_ms": '
_STAMPS = re.compile(rb"(?:" + _STAMP_HEAD + _NUMBER + rb",)*+")
_END = re.compile(
    rb'namespace": "mlperf::logging", "event_type": "[A-Z_]+", "metadata": \{"is_error": '
    rb'(false, "is_warning": false|false, "is_warning": true|true, "is_warning": false)'
    rb', "file": "[\w./-]+", "line_no": ' + _SHORT_NUMBER
)
_PROCESS = re.compile(rb', "pid": (' + _SHORT_NUMBER + rb'), "tid": ' + _SHORT_NUMBER + rb"\}\}\n")
_CLEAN = b'false, "is_warning": false'
_decoder = json.JSONDecoder()
_SAMPLES, _SOURCES = b'loaded_qsl_set"', b'loadgen_file_sha1"'
_NO_SAMPLES = _VALUE_HEAD + b"[]"
_SAMPLES_HEAD = _BEGIN + _SAMPLES + _CUT + _VALUE_HEAD + b"["
_DIGITS = b"0123456789"
_NO_NUMBER = re.compile(rb",(?:,|0\d)")
_NOBODY_S = ""
"""In place of a key that nobody asks for."""

_COUNTED, _LATER = object(), object()
"""In place of a value: samples that are counted already; what is parsed where somebody asks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Layout:
    """Which keys stand where; logs of one scenario and mode by one version of LoadGen share it.

    ``names`` are the keys, empty for those that nobody asks for; ``places`` is where each is, from
    1, and ``is_once`` that none of them is there twice. ``timed`` is where each key with a time of
    its own is, the one that counts first. ``samples`` counts lists of samples.
    """

    names: tuple[str, ...]
    places: Mapping[str, int]
    is_once: bool
    timed: Mapping[str, Sequence[int]]
    samples: int


@dataclass(kw_only=True, slots=True)
class _Lines:
    """What lines of LoadGen's say, in columns; ``texts`` are the values as they stand there.

    ``later`` are the lines with a value that is not parsed yet, ``flags`` those of each
    end, empty where none flags an error or a warning.
    """

    keys: Sequence[bytes]
    layout: _Layout
    texts: Sequence[bytes]
    values: list[Any]
    later: list[int]
    stamps: Sequence[bytes]
    ends: Sequence[bytes]
    flags: Mapping[bytes, bytes]

    def value(self, index: int) -> Any:
        """The value of a line."""
        value = self.values[index]
        if value is _LATER:
            return _parsed(self.texts[index])
        return None if value is _COUNTED else value

    def stamp_ms(self, index: int) -> float:
        """When a line was written."""
        return float(self.stamps[index].removeprefix(_STAMP_HEAD))


class _Known:
    """What was recognised so far, in this log and in those before; bounded."""

    def __init__(self) -> None:
        self.names: dict[bytes, str] = {}
        self.layouts: dict[tuple[bytes, ...], _Layout] = {}
        self.values: dict[bytes, Any] = {}
        self.ends: dict[bytes, bytes] = {}
        self.sources: dict[bytes, Mapping[str, str]] = {}
        self.lists: dict[tuple[int, bytes], tuple[bytes, int]] = {}
        self.list_bytes = 0

    def keep_list(self, place: tuple[int, bytes], text: bytes, samples: int) -> None:
        """Keep a list of samples up to its bracket, and how many it has; the longest unused go."""
        before = self.lists.pop(place, None)
        self.list_bytes += len(text) - (len(before[0]) if before is not None else 0)
        self.lists[place] = text, samples
        while self.list_bytes > KNOWN_LISTS_BYTES:
            oldest = self.lists.pop(next(iter(self.lists)))
            self.list_bytes -= len(oldest[0])


_known = _Known()


def take_plain(reader: LineReader, block: bytes) -> bool:
    """Feed a block, if every line of it has LoadGen's shape; False, and nothing fed, if not."""
    if not block.startswith(_BEGIN) or not block.endswith(b"}}\n"):
        return False
    emptied = _emptied(block)
    if emptied is None:
        return False
    text, counts = emptied
    process = _PROCESS.search(text)
    if process is None:
        return False
    processes = {process[1]}
    lines = _lines(_cut(text, process[0]))
    if lines is None:
        # as it is where several threads wrote the log
        pieces, processes = _cut_by_threads(text)
        lines = _lines(pieces)
    if lines is None or lines.layout.samples != len(counts):
        return False
    for number in processes:
        reader.take_process(int(number))
    for samples in counts:
        reader.take_loaded(samples)
    _feed(reader, lines)
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
            if block.startswith(b"]", begin):
                # another list, which would look like an emptied one
                return None
            # a text with a bracket: it stays, with all up to it
            pieces.append(block[behind:begin])
            behind = begin
            continue
        end = block.find(b"]", begin)
        samples = _list_length(block, begin, end) if end >= 0 else None
        if samples is None or b"true" in block[end : block.find(b"\n", end)]:
            return None
        pieces.append(block[behind:begin])
        counts.append(samples)
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
    commas = text.translate(None, _DIGITS)
    if commas.strip(b",") != b"]" or not _is_plain_list(text):
        return None
    samples = len(commas) if len(text) > 1 else 0
    _known.keep_list(place, text, samples)
    return samples


def _is_plain_list(text: bytes) -> bool:
    """Whether digits, commas and a bracket are whole numbers as JSON writes them."""
    # no number begins with a zero but zero itself
    if text.startswith(b",") or (text.startswith(b"0") and text[1:2] not in b",]"):
        return False
    return not text.endswith(b",]") and _NO_NUMBER.search(text) is None


def _cut(text: bytes, end: bytes) -> list[bytes]:
    """The lines without how they begin and how they end; some are left in one where one differs."""
    pieces: list[bytes] = []
    begin, size = 0, len(text)
    while begin < size:
        behind = text.rfind(b"\n", begin, begin + SEARCHED_BYTES) + 1
        behind = behind or text.find(b"\n", begin) + 1
        if not text.startswith(_BEGIN, begin) or not text.endswith(end, begin, behind):
            return []
        pieces += text[begin + len(_BEGIN) : behind - len(end)].split(end + _BEGIN)
        begin = behind
    return pieces


def _cut_by_threads(text: bytes) -> tuple[list[bytes], set[bytes]]:
    """The lines without how they begin and how they end, and the processes that wrote them."""
    parts = _PROCESS.split(text)
    pieces = parts[:-1:2]
    if parts[-1] or not all(piece.startswith(_BEGIN) for piece in pieces):
        return [], set()
    return [piece[len(_BEGIN) :] for piece in pieces], set(parts[1::2])


def _lines(pieces: list[bytes]) -> _Lines | None:
    """What lines say; None if one of them is not LoadGen's, or there is none."""
    rows = [piece.split(_CUT, _COLUMNS - 1) for piece in pieces]
    try:
        keys, texts, stamps, ends = zip(*rows, strict=True)
    except ValueError:
        return None
    layout = _known.layouts.get(keys) or _layout_of(keys)
    # many lines have the same stamp, and the same end
    listed = b",".join(set(stamps)) + b","
    distinct = list(set(ends))
    flags = _found(_known.ends, distinct, _flags_of)
    if layout is None or flags is None or _STAMPS.fullmatch(listed) is None:
        return None
    later: list[int] = []
    values = _found(_known.values, texts, _value_of, later)
    if values is None:
        return None
    is_clean = flags.count(_CLEAN) == len(flags)
    return _Lines(
        keys=keys,
        layout=layout,
        texts=texts,
        values=values,
        later=later,
        stamps=stamps,
        ends=ends,
        flags={} if is_clean else dict(zip(distinct, flags, strict=True)),
    )


def _layout_of(keys: tuple[bytes, ...]) -> _Layout | None:
    """Where which key is; None if one of them is not LoadGen's."""
    names = _found(_known.names, keys, _name_of)
    if names is None:
        return None
    places = {name: place for place, name in enumerate(names, 1) if name}
    layout = _Layout(
        names=tuple(names),
        places=places,
        is_once=len(places) == len(names) - names.count(_NOBODY_S),
        timed={name: _timed(names, name) for name in places if name in TIMED},
        samples=keys.count(_SAMPLES),
    )
    if len(keys) <= LAYOUT_LINES:
        if len(_known.layouts) >= MOST_LAYOUTS:
            _known.layouts.clear()
        _known.layouts[keys] = layout
    return layout


def _timed(names: list[str], timed: str) -> list[int]:
    """Where a key with a time of its own is; the line that counts comes first."""
    found = [index for index, name in enumerate(names) if name == timed]
    return found if timed == FIRST_TIMED else found[::-1]


def _found(
    known: dict[bytes, T],
    texts: Sequence[bytes],
    read: Callable[[bytes], T | None],
    later: list[int] | None = None,
) -> list[T] | None:
    """What each text says, by those that are known; None if one of them is not LoadGen's.

    ``later`` are the places of those that are not parsed yet.
    """
    found = list(map(known.get, texts))
    for index, one in enumerate(found):
        if one is None:
            text = texts[index]
            found[index] = said = read(text)
            if said is None:
                return None
            if later is not None and said is _LATER:
                later.append(index)
            elif len(text) <= KNOWN_TEXT_BYTES:
                if len(known) >= MOST_TEXTS:
                    known.clear()
                known[text] = said
    return cast("list[T]", found)


def _name_of(key: bytes) -> str | None:
    return WANTED_BYTES.get(key[:-1], _NOBODY_S) if _KEY.fullmatch(key) else None


def _flags_of(end: bytes) -> bytes | None:
    match = _END.fullmatch(end)
    return None if match is None else match[1]


def _value_of(text: bytes) -> Any:
    """The value in a text, or what stands in its place; None if it is not LoadGen's."""
    if not text.startswith(_VALUE_HEAD):
        return None
    if text == _NO_SAMPLES:
        return _COUNTED
    if text in _known.sources:
        return _LATER
    value = _parsed(text)
    return value if value is None or _is_simple(value) else _LATER


def _parsed(text: bytes) -> Any:
    """The JSON value behind its name; None where it is none."""
    value = text[len(_VALUE_HEAD) :]
    # most are whole numbers, which take the parser longer
    if value.isdigit() and len(value) < INTEGER_DIGITS and value[:1] != b"0":
        return int(value)
    try:
        # what json.loads does for a value that no blank stands around
        found, end = _decoder.raw_decode(value.decode("ascii"))
    except (ValueError, RecursionError):
        return None
    return found if end == len(value) else None


def _is_simple(value: Any) -> bool:
    """Whether a value is kept as it is, and logs may share it."""
    if isinstance(value, str):
        return len(value) <= VALUE_CHARACTERS
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < LARGEST)


def _feed(reader: LineReader, lines: _Lines) -> None:
    """Feed what was recognised; the lines begin behind ``reader.line_count``."""
    layout, first = lines.layout, reader.line_count + 1
    names = layout.names
    if layout.is_once and not reader.values and not any(names[index] for index in lines.later):
        asked = dict(zip(names, lines.values, strict=True))
        asked.pop(_NOBODY_S, None)
        reader.values = asked
        before, places = reader.line_count, layout.places
        reader.lines.update(
            {name: before + place for name, place in places.items()} if before else places
        )
    else:
        for number, name in enumerate(names, first):
            if name and (name in ONCE or name not in reader.values):
                reader.take_value(name, lines.value(number - first), number)
    for name, indices in layout.timed.items():
        any(reader.take_time(name, lines.stamp_ms(index)) for index in indices)
    for index in lines.later:
        if lines.keys[index] == _SOURCES:
            reader.take_sources(_sources_of(lines.texts[index]))
    if lines.flags:
        _feed_flags(reader, lines)
    reader.count_lines(len(names))


def _feed_flags(reader: LineReader, lines: _Lines) -> None:
    """Feed the lines that LoadGen flags as errors or warnings."""
    for index, end in enumerate(lines.ends):
        flags = lines.flags[end]
        if flags != _CLEAN:
            key, number = lines.keys[index][:-1].decode(), reader.line_count + 1 + index
            reader.take_flagged(key, lines.value(index), number, error=flags.startswith(b"t"))


def _sources_of(text: bytes) -> Mapping[str, str]:
    """The digests of LoadGen's code; most logs are of a few versions."""
    found = _known.sources.get(text)
    if found is None:
        found = code_of(_parsed(text))
        if len(text) <= SOURCES_BYTES:
            if len(_known.sources) >= MOST_SOURCES:
                _known.sources.clear()
            _known.sources[text] = found
    return found
