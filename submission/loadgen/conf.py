"""LoadGen's configuration files (mlperf.conf, user.conf) to facts.

LoadGen splits a line on blanks: ``model.Scenario.key = value``. A line without blanks around the
equals sign is silently ignored, which is why such lines are facts of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from submission.loadgen.reading import Place, Unreadable, read_whole

CONF_BYTES = 1 << 20
KEPT = 20
MOST_ENTRIES = 10_000
CACHED_BYTES = 64 << 10
_ENTRY = re.compile(r"^\s*([^\s.=][^\s=]*)\.([^\s.=]+)\.([^\s.=]+)\s+=\s+(\S+)")
_TIGHT = re.compile(r"^\s*[^\s#=]+\.[^\s.=]+\.[^\s.=]+\s*=\s*\S+")


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfEntry:
    """One setting: for which model and scenario (``*`` is any), key, value as text."""

    line: int
    model: str
    scenario: str
    key: str
    value: str

    def number(self) -> float | None:
        """The value as a number, None if it is none."""
        try:
            return float(self.value)
        except ValueError:
            return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Conf:
    """A configuration file; ``ignored`` are lines that LoadGen's parser passes over silently.

    ``fault`` says where it is not UTF-8: LoadGen reads bytes, so that a comment may be anything.
    """

    entries: tuple[ConfEntry, ...]
    ignored: tuple[tuple[int, str], ...]
    size_bytes: int
    fault: str | None = None

    def find(self, models: tuple[str, ...], scenario: str, key: str) -> ConfEntry | None:
        """The entry that LoadGen would use: the named model before ``*``, the scenario likewise."""
        best = None
        best_rank = -1
        for entry in self.entries:
            if entry.key != key or entry.model not in (*models, "*"):
                continue
            if entry.scenario not in (scenario, "*"):
                continue
            rank = 2 * (entry.model != "*") + (entry.scenario != "*")
            if rank >= best_rank:
                best, best_rank = entry, rank
        return best


def read_conf(path: Place) -> Conf | Unreadable:
    """The facts of a configuration file; never raises for what is in it."""
    content = read_whole(path, CONF_BYTES)
    if isinstance(content, Unreadable):
        return content
    return parse_conf(content) if len(content) > CACHED_BYTES else _known_conf(content)


@lru_cache(maxsize=64)
def _known_conf(content: bytes) -> Conf | Unreadable:
    """Most trees hold the same file many times."""
    return parse_conf(content)


def parse_conf(content: bytes) -> Conf | Unreadable:
    """The facts of a configuration file in memory; at most ``MOST_ENTRIES`` of them."""
    if b"\x00" in content:
        return Unreadable(why="it holds NUL bytes")
    fault = None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        fault = f"byte {error.start} is not UTF-8"
        text = content.decode("latin-1")
    entries: list[ConfEntry] = []
    ignored: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if len(entries) >= MOST_ENTRIES:
            break
        if match := _ENTRY.match(line):
            model, scenario, key, value = match.groups()
            entries.append(
                ConfEntry(line=number, model=model, scenario=scenario, key=key, value=value)
            )
        elif _TIGHT.match(line) and len(ignored) < KEPT:
            ignored.append((number, line.strip()[:100]))
    return Conf(
        entries=tuple(entries), ignored=tuple(ignored), size_bytes=len(content), fault=fault
    )
