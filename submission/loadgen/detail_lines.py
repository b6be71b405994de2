"""Collects the facts of a detail log, whatever its lines hold."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from submission.loadgen.keys import FIRST_TIMED, ONCE, TIMED, WANTED
from submission.loadgen.reading import LINE_BYTES, Fault

MARKER = b":::MLLOG"
BOM = b"\xef\xbb\xbf"
KEPT = 20
TEXT_CHARACTERS = 300
VALUE_CHARACTERS = 10_000
VALUE_ITEMS = 8
FLOAT_BITS = 1023
CUT_LINE_KEY_BYTES = 200
MOST_SETS = 100_000
MOST_SOURCES = 1000
LONGEST_MS = 1e15


class LineReader:
    """Takes lines one after the other; keeps what a DetailLog needs, and no more of it."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.lines: dict[str, int] = {}
        self.line_count = 0
        self.marked_count = 0
        self.marked_line = 0
        self.repeats: list[dict[str, Any]] = []
        self.errors: list[dict[str, Any]] = []
        self.warnings: list[dict[str, Any]] = []
        self.faults: list[Fault] = []
        self.fault_count = 0
        self.has_bom = False
        self.official_fault: str | None = None
        self.times: dict[str, float] = {}
        self.loaded: list[int | None] = []
        self.sources: Mapping[str, str] = {}
        self.processes: set[int] = set()

    def take_block(self, block: bytes) -> None:
        """Whole lines; those without LoadGen's mark are skipped together."""
        position = 0
        if self.line_count == 0 and block.startswith(BOM):
            self.has_bom = True
            self.fault(1, "encoding", "the file begins with a byte order mark")
            position = self._end_of_line(block, 0)
            self.line_count = 1
        while (mark := block.find(MARKER, position)) >= 0:
            begin = block.rfind(b"\n", position, mark) + 1 or position
            self._pass_over(block[position:begin])
            position = self._end_of_line(block, mark)
            self.line_count += 1
            self._take_line(block[begin:position])
        self._pass_over(block[position:])

    @staticmethod
    def _end_of_line(block: bytes, position: int) -> int:
        """The offset behind the line end that follows."""
        return block.find(b"\n", position) + 1 or len(block)

    def _pass_over(self, lines: bytes) -> None:
        """Lines that are none of LoadGen's; the first fault in them is kept."""
        if not lines:
            return
        if b"\x00" in lines:
            number = self.line_count + 1 + lines.count(b"\n", 0, lines.index(b"\x00"))
            self.fault(number, "nul", "the line holds NUL bytes")
        try:
            lines.decode("utf-8")
        except UnicodeDecodeError as error:
            self._not_text(self.line_count + 1 + lines.count(b"\n", 0, error.start))
        self.line_count += lines.count(b"\n") + (not lines.endswith(b"\n"))

    def _take_line(self, content: bytes) -> None:
        number = self.line_count
        if len(content) > LINE_BYTES:
            self._take_long(content)
            return
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            self._not_text(number)
            return
        if "\x00" in text:
            self.fault(number, "nul", "the line holds NUL bytes")
        for part in text.rstrip("\r\n").split("\r"):
            if part.startswith(":::MLLOG"):
                self._take_marked(part, number)

    def _not_text(self, number: int) -> None:
        self.fault(number, "encoding", "the line is not UTF-8")
        self.official(f"line {number} is not UTF-8")

    def take_overlong(self, beginning: bytes) -> None:
        """The beginning of a line that is too long to be held."""
        self.line_count += 1
        self._take_long(beginning)

    def _take_long(self, content: bytes) -> None:
        """Lists of samples may be long, nothing else is."""
        marked = content.startswith(MARKER)
        self.marked_count += marked
        self.marked_line = self.line_count if marked else self.marked_line
        if not marked or b'"loaded_qsl_set"' not in content[:CUT_LINE_KEY_BYTES]:
            self.fault(self.line_count, "overlong", "the line is over 1 MiB long")
        else:
            self.take_loaded(None)

    def _take_marked(self, text: str, number: int) -> None:
        self.marked_count += 1
        self.marked_line = number
        try:
            message = json.loads(text[len(MARKER) :].rstrip())
        except (ValueError, RecursionError) as error:
            self.fault(number, "json", f"the line is not JSON ({_words(error)})")
            self.official(f"line {number} is not JSON")
            return
        if not isinstance(message, dict) or "key" not in message:
            self.fault(number, "shape", "the line has no key")
            self.official(f"line {number} has no key")
            return
        self._take_message(message, number)

    def _take_message(self, message: dict[str, Any], number: int) -> None:
        key = message["key"]
        if not isinstance(key, str):
            self.fault(number, "shape", "the key is not a string")
            return
        if key in WANTED:
            if "value" not in message:
                self.fault(number, "shape", f"{key} has no value")
                self.official(f"line {number} has no value")
            self.take_value(key, message.get("value"), number)
        self._take_other(key, message)
        metadata = message.get("metadata")
        if not isinstance(metadata, dict) or "is_error" not in metadata:
            self.fault(number, "metadata", f"{key[:100]} has no metadata")
            self.official(f"line {number} has no metadata")
            return
        self.take_process(metadata.get("pid"))
        if metadata["is_error"]:
            self.take_flagged(key, message.get("value"), number, error=True)
        elif metadata.get("is_warning"):
            self.take_flagged(key, message.get("value"), number, error=False)

    def _take_other(self, key: str, message: dict[str, Any]) -> None:
        """What is kept of a line beside its value: its time, how long a list is, digests."""
        value = message.get("value")
        if key in TIMED:
            self.take_time(key, message.get("time_ms"))
        elif key == "loaded_qsl_set":
            self.take_loaded(len(value) if isinstance(value, list) else None)
        elif key == "loadgen_file_sha1":
            self.take_sources(code_of(value))

    def take_value(self, key: str, value: Any, number: int) -> None:
        """A value of a wanted key."""
        if key not in self.values:
            self.values[key] = _bounded(value)
            self.lines[key] = number
        elif key in ONCE and len(self.repeats) < KEPT:
            first = self.values[key]
            self.repeats.append(
                {
                    "key": key,
                    "line": number,
                    "differs": value != first,
                    "first": _short(first),
                    "again": _short(value),
                }
            )

    def take_time(self, key: str, stamp: Any) -> bool:
        """When a line of a timed key was written, and whether that is a time.

        The first line of FIRST_TIMED counts, of the other keys the last.
        """
        usable = type(stamp) in (int, float) and abs(stamp) < LONGEST_MS
        if usable and (key not in self.times or key != FIRST_TIMED):
            self.times[key] = float(stamp)
        return usable

    def take_loaded(self, count: int | None) -> None:
        """How many samples a loaded set has; None if its line could not be read."""
        if len(self.loaded) < MOST_SETS:
            self.loaded.append(count)

    def take_sources(self, digests: Mapping[str, str]) -> None:
        """The digests of LoadGen's code; the first list counts."""
        self.sources = self.sources or digests

    def take_process(self, number: Any) -> None:
        """The process that wrote a line; how many there are is all that matters."""
        if type(number) is int and len(self.processes) < KEPT:
            self.processes.add(number)

    def take_flagged(self, key: str, value: Any, number: int, *, error: bool) -> None:
        """A line that LoadGen marked as an error or a warning."""
        kept = self.errors if error else self.warnings
        if len(kept) < KEPT:
            text = value if isinstance(value, str) else repr(value)
            kept.append({"line": number, "key": key[:100], "text": text[:TEXT_CHARACTERS]})

    def count_lines(self, count: int) -> None:
        """Lines that were recognised together."""
        self.line_count += count
        self.marked_count += count

    def fault(self, line: int, kind: str, what: str) -> None:
        """A broken line; only the first ones are kept."""
        self.fault_count += 1
        if len(self.faults) < KEPT:
            self.faults.append(Fault(line=line, kind=kind, what=what))

    def official(self, what: str) -> None:
        """What makes the official parser give up; the first counts."""
        if self.official_fault is None:
            self.official_fault = what

    def note_cut(self) -> None:
        """The last line has no line end; a message that is whole all the same is no fault."""
        known = any(fault.line == self.line_count for fault in self.faults)
        if not known and self.marked_line != self.line_count:
            self.fault(self.line_count, "cut", "the last line has no end: the file was cut")


def code_of(digests: Any) -> Mapping[str, str]:
    """Of LoadGen's sources by name, those that are compiled into it."""
    if not isinstance(digests, dict):
        return {}
    return {
        name.lstrip("/"): digest
        for name, digest in list(digests.items())[:MOST_SOURCES]
        if isinstance(digest, str) and name.count("/") <= 1 and name.endswith((".cc", ".h"))
    }


def _short(value: Any) -> Any:
    return value[:100] if isinstance(value, str) else _bounded(value)


def _bounded(value: Any) -> Any:
    """The value, a long text cut, a number beyond all floats made infinite.

    Of lists and objects (no value of LoadGen's that somebody asks for is one) the kind is kept.
    """
    if isinstance(value, str):
        return value[:VALUE_CHARACTERS]
    if isinstance(value, list | dict):
        plain = not any(isinstance(item, str | list | dict) for item in value)
        return value if plain and len(value) <= VALUE_ITEMS else type(value)()
    if type(value) is int and value.bit_length() > FLOAT_BITS:
        return math.inf if value > 0 else -math.inf
    return value


def _words(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:120]
