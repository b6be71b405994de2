"""LoadGen's configuration files (mlperf.conf, user.conf), read as LoadGen reads them.

LoadGen splits a line at white space: a key, ``=``, values. A remark begins with a ``#`` that stands
alone, and only before a value. What is behind the first error of a line is ignored, and one
error makes LoadGen refuse the whole file. A setting is looked up under four names, in this order:
``model.Scenario.key``, ``*.Scenario.key``, ``model.*.key``, ``*.*.key``; of one name the last value
counts. What nobody looks up is ignored without a message.

Source: LoadGen's ``TestSettings::FromConfig``; tried against the package itself
(``tests/contract/test_conf_as_loadgen.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile

from submission.loadgen.conf_keys import KEYS, REAL_KEYS
from submission.loadgen.conf_numbers import is_number, real_number, whole_number
from submission.loadgen.reading import Place, Unreadable, read_whole
from submission.terms import Scenario

CONF_BYTES = 1 << 20
KEPT = 20
MOST_ENTRIES = 10_000
CACHED_BYTES = 64 << 10
TEXT_CHARACTERS = 100
ANY = "*"
_BOM = b"\xef\xbb\xbf"


class Trouble(StrEnum):
    """What is wrong with a line of a conf file; LoadGen refuses the file, or ignores the line."""

    NO_EQUALS = "no equals sign behind the key"
    NO_NUMBER = "the value is no number"
    TIGHT = "no blanks around the equals sign"
    NO_VALUE = "no value"
    NOT_A_KEY = "the key is not model.scenario.key"
    UNKNOWN_KEY = "no such key"
    UNKNOWN_SCENARIO = "no such scenario"
    BYTE_ORDER_MARK = "a byte order mark before the key"
    TWO_VALUES = "several values"

    @property
    def is_refused(self) -> bool:
        """Whether LoadGen refuses the whole file for it."""
        return self in (Trouble.NO_EQUALS, Trouble.NO_NUMBER)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfFault:
    """A line that LoadGen does not take as it looks; ``word`` is the part that is wrong."""

    line: int
    text: str
    trouble: Trouble
    word: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfEntry:
    """One setting: for which model and scenario (``*`` is any), key, value as text."""

    line: int
    model: str
    scenario: str
    key: str
    value: str

    def number(self) -> float | None:
        """The value as LoadGen's keys of real numbers read it; None if it is no number at all."""
        used, value = real_number(self.value.encode())
        return value if used else None

    def integer(self) -> int:
        """The value as LoadGen's keys of whole numbers read it: ``1e3`` is 1, ``010`` is 8."""
        return whole_number(self.value.encode())[1]

    @property
    def is_misread(self) -> bool:
        """Whether LoadGen reads another whole number than stands there."""
        streams = (Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM)
        is_real = self.key in REAL_KEYS or (
            self.key == "target_latency" and self.scenario in streams
        )
        return not is_real and self.number() != float(self.integer())

    def taken(self, scenario: Scenario) -> float:
        """The value that LoadGen takes for the key in a scenario, in the unit of the file."""
        is_real = self.key in REAL_KEYS or (
            self.key == "target_latency" and scenario is not Scenario.SERVER
        )
        return self.number() or 0.0 if is_real else self.integer()


@dataclass(frozen=True, kw_only=True, slots=True)
class Conf:
    """A configuration file.

    ``entries`` are the lines that set something, ``faults`` the first ``KEPT`` lines that LoadGen
    refuses or does not take as they look; where it refuses one it takes nothing of the file.
    ``misread`` are whole numbers that LoadGen reads otherwise than a person.
    ``fault`` says where the file is not UTF-8: LoadGen reads bytes, so that a remark may be
    anything.
    """

    entries: tuple[ConfEntry, ...]
    faults: tuple[ConfFault, ...]
    size_bytes: int
    by_name: Mapping[str, tuple[ConfEntry, ...]]
    misread: tuple[ConfEntry, ...] = ()
    fault: str | None = None

    @property
    def is_refused(self) -> bool:
        """Whether LoadGen refuses the file."""
        return any(fault.trouble.is_refused for fault in self.faults)

    def find(self, models: tuple[str, ...], scenario: str, key: str) -> ConfEntry | None:
        """The entry that LoadGen uses where it is given one of these models."""
        return next(iter(self.settings(models, scenario, key)[-1:]), None)

    def settings(self, models: tuple[str, ...], scenario: str, key: str) -> tuple[ConfEntry, ...]:
        """The entries under the name that LoadGen finds, of which it uses the last."""
        for prefix in prefixes(models, scenario):
            found = self.by_name.get(prefix + key)
            if found is not None:
                return found
        return ()


@lru_cache(maxsize=256)
def prefixes(models: tuple[str, ...], scenario: str) -> tuple[str, ...]:
    """What may stand before a key, in the order in which LoadGen looks."""
    return (
        *(f"{model}.{scenario}." for model in models),
        f"*.{scenario}.",
        *(f"{model}.*." for model in models),
        "*.*.",
    )


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
    entries: list[ConfEntry] = []
    faults: list[ConfFault] = []
    for number, line in enumerate(content.split(b"\n"), 1):
        if len(entries) >= MOST_ENTRIES:
            break
        key, value, troubles = _parsed_line(line)
        entry = _entry(number, key, value) if value else None
        if entry is not None:
            entries.append(entry)
        for trouble in troubles:
            if len(faults) < KEPT or (trouble.is_refused and not _is_refused(faults)):
                word = key if trouble not in (Trouble.NO_EQUALS, Trouble.NO_NUMBER) else b""
                faults.append(
                    ConfFault(line=number, text=_text(line), trouble=trouble, word=_text(word))
                )
    return Conf(
        entries=tuple(entries),
        faults=tuple(faults),
        size_bytes=len(content),
        by_name=_by_name(entries),
        misread=tuple(entry for entry in entries if entry.is_misread),
        fault=_not_utf8(content),
    )


def _by_name(entries: list[ConfEntry]) -> dict[str, tuple[ConfEntry, ...]]:
    found: dict[str, list[ConfEntry]] = {}
    for entry in entries:
        found.setdefault(f"{entry.model}.{entry.scenario}.{entry.key}", []).append(entry)
    return {name: tuple(same) for name, same in found.items()}


def _parsed_line(line: bytes) -> tuple[bytes, bytes, list[Trouble]]:
    """Key, value (empty if none is set) and what is wrong, word by word as LoadGen goes.

    A key that begins with ``#`` is a setting that was taken out; LoadGen may refuse it all the
    same.
    """
    words = line.split()
    if not words or words[0] == b"#":
        return b"", b"", []
    key, rest = words[0], words[1:]
    if not rest or rest[0] == b"#":
        value, troubles = b"", [Trouble.TIGHT if b"=" in key else Trouble.NO_VALUE]
    elif rest[0] == b"=":
        value, troubles = _values(rest[1:])
    else:
        value, troubles = b"", [Trouble.NO_EQUALS]
    if key.startswith(b"#"):
        return key, b"", [trouble for trouble in troubles if trouble.is_refused]
    return key, value, [*troubles, *(_key_troubles(key) if value else ())]


def _values(words: list[bytes]) -> tuple[bytes, list[Trouble]]:
    """The last of the numbers behind an equals sign, and what is wrong with them."""
    numbers = list(takewhile(is_number, words))
    value = numbers[-1] if numbers else b""
    if len(numbers) < len(words):
        return value, [Trouble.NO_NUMBER]
    if len(numbers) > 1:
        return value, [Trouble.TWO_VALUES]
    return value, [] if value else [Trouble.NO_VALUE]


def _entry(number: int, name: bytes, value: bytes) -> ConfEntry | None:
    """The setting of a key with two dots in it; another key is never looked up."""
    text = name.decode("utf-8", "replace")
    model_scenario, _, key = text.rpartition(".")
    model, dot, scenario = model_scenario.rpartition(".")
    if not dot or not model or not scenario or not key:
        return None
    return ConfEntry(line=number, model=model, scenario=scenario, key=key, value=value.decode())


def _key_troubles(name: bytes) -> list[Trouble]:
    """Why LoadGen never looks a key up."""
    if name.startswith(_BOM):
        return [Trouble.BYTE_ORDER_MARK]
    parts = name.decode("utf-8", "replace").rsplit(".", 2)
    if len(parts) < 3 or not all(parts):  # noqa: PLR2004 - model, scenario, key
        return [Trouble.NOT_A_KEY]
    if parts[2] not in KEYS:
        return [Trouble.UNKNOWN_KEY]
    return [] if parts[1] == ANY or parts[1] in _SCENARIOS else [Trouble.UNKNOWN_SCENARIO]


_SCENARIOS = frozenset(scenario.value for scenario in Scenario)


def _is_refused(faults: list[ConfFault]) -> bool:
    return any(fault.trouble.is_refused for fault in faults)


def _not_utf8(content: bytes) -> str | None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"byte {error.start} is not UTF-8"
    return None


def _text(line: bytes) -> str:
    return line.strip().decode("utf-8", "replace")[:TEXT_CHARACTERS]
