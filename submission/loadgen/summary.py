"""Parses LoadGen's ``mlperf_log_summary.txt``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from submission.loadgen.reading import Place, Unreadable, read_whole

SUMMARY_BYTES = 1 << 20
MOST_NAMES = 1000
NAME_CHARACTERS = 200
WORDS_CHARACTERS = 10_000

_STOPPING = "Early Stopping Result:"
_ERRORS = re.compile(r"^(No|\d{1,9}) errors? encountered", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """The ``name : value`` lines of a summary, the first of each name counts.

    An accuracy run's summary has no such lines, only LoadGen's sentences on warnings and errors.
    ``error_count`` is the number of errors in the sentence; None without one.
    ``early_stopping`` are LoadGen's words on it, up to the next empty line.
    """

    values: Mapping[str, str]
    lines: Mapping[str, int]
    size_bytes: int
    error_count: int | None = None
    early_stopping: str | None = None

    @property
    def validity(self) -> str | None:
        """What stands behind ``Result is``: VALID, INVALID, or None without such a line."""
        return self.values.get("Result is")

    def get(self, name: str) -> str | None:
        """The text behind a name, None if the summary has no such line."""
        return self.values.get(name)


def read_summary(path: Place) -> Summary | Unreadable:
    """The facts of a summary; never raises for what is in it."""
    content = read_whole(path, SUMMARY_BYTES)
    return content if isinstance(content, Unreadable) else parse_summary(content)


def parse_summary(content: bytes) -> Summary | Unreadable:
    """The facts of a summary that is in memory."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return Unreadable(why=f"byte {error.start} is not UTF-8")
    if "\x00" in text:
        return Unreadable(why="it holds NUL bytes")
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        name, colon, value = line.partition(":")
        name = name.strip()
        # LoadGen's names begin with a letter or a digit, lists with a star
        if colon and name[:1].isalnum() and len(name) <= NAME_CHARACTERS and name not in values:
            if len(values) == MOST_NAMES:
                break
            values[name] = value.strip()
            lines[name] = number
    found = _ERRORS.search(text)
    count = None if found is None else int(found[1]) if found[1].isdigit() else 0
    _, stopping, words = text.partition(_STOPPING)
    words = words.replace("\r\n", "\n").partition("\n\n")[0]
    return Summary(
        values=values,
        lines=lines,
        size_bytes=len(content),
        error_count=count,
        early_stopping=words[:WORDS_CHARACTERS] if stopping else None,
    )
