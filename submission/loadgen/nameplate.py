"""The nameplate of a system: which power supplies it has, as a small file of YAML.

Read are block mappings, block lists and plain or quoted values, which is what the template of the
official repository uses; a file of JSON is YAML, too. Whatever else YAML has is named and not read.
Source: tools/submission/submission_structure.md of that repository, section "Power template".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from submission.loadgen.reading import Place, Unreadable, read_whole

NAMEPLATE_BYTES = 256 << 10
MAX_DEPTH = 40
SUPPLIES, NEEDED, WATTS = "psus", "min psus needed", "PowerCapacityWatts"
_WORDS = {"null": None, "~": None, "": None, "true": True, "false": False}
_WHOLE = re.compile(r"[-+]?\d{1,18}")
_REAL = re.compile(r"[-+]?\d{1,18}\.\d{0,18}(?:[eE][-+]?\d{1,3})?")
# what ``watts`` raises where a part of the file is of another type
NO_WATTS = (TypeError, AttributeError, ValueError)
# what begins a value that has a form of its own in YAML
_SPECIAL = tuple("&*!|>%@`{[")


class _FormError(ValueError):
    """A form of YAML that is not read here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Nameplate:
    """What a nameplate says; ``value`` is made of objects, lists, texts and numbers."""

    value: Any

    def watts(self) -> float:
        """The design power: of each component the largest supplies, as many as it needs.

        Raises one of NO_WATTS where a number or a list is something else.
        """
        try:
            return _sum(self.value)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None


def read_nameplate(path: Place) -> Nameplate | Unreadable:
    """The content of a nameplate, or why it cannot be had; never raises for what is in it."""
    content = read_whole(path, NAMEPLATE_BYTES)
    return content if isinstance(content, Unreadable) else parse_nameplate(content)


def parse_nameplate(content: bytes) -> Nameplate | Unreadable:
    """The content of a nameplate, or why it is none."""
    try:
        text = content.decode("utf-8-sig")
        if text.lstrip().startswith(("{", "[")):
            return Nameplate(value=json.loads(text))
        return Nameplate(value=_Reader(text).whole())
    except UnicodeDecodeError as error:
        return Unreadable(why=f"byte {error.start} is not UTF-8")
    except RecursionError:
        return Unreadable(why="it is nested too deeply")
    except _FormError as error:
        return Unreadable(why=str(error))
    except ValueError as error:
        return Unreadable(why=f"it is not JSON: {str(error)[:120]}")


def _sum(node: Any) -> float:
    if isinstance(node, list):
        return sum(map(_sum, node))
    if not isinstance(node, dict):
        return 0
    keys = {key.lower(): key for key in node}
    if SUPPLIES not in keys or NEEDED not in keys:
        return sum(_sum(each) for each in node.values() if isinstance(each, dict | list))
    watts = sorted((psu.get(WATTS, 0) for psu in node[keys[SUPPLIES]]), reverse=True)
    total: float = sum(watts[: node[keys[NEEDED]]])
    return total


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    indent: int
    text: str


class _Reader:
    """Reads block YAML line by line; each method leaves ``self.lines`` behind what it has read."""

    def __init__(self, text: str) -> None:
        self.lines = [line for line in map(_line, *_numbered(text)) if line is not None]
        self.lines.reverse()

    def whole(self) -> Any:
        """The only value of the file; None where it holds none."""
        if not self.lines:
            return None
        value = self._block(self.lines[-1].indent, 0)
        if self.lines:
            raise _FormError(f"line {self.lines[-1].number} is indented as no line before it")
        return value

    def _block(self, indent: int, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise _FormError(f"it is nested over {MAX_DEPTH} deep")
        line = self.lines[-1]
        if _is_item(line.text):
            return self._items(indent, depth)
        if _key_of(line) is not None:
            return self._entries(indent, depth)
        self.lines.pop()
        return _scalar(line.text, line.number)

    def _items(self, indent: int, depth: int) -> list[Any]:
        found = []
        while self._at(indent) and _is_item(self.lines[-1].text):
            line = self.lines.pop()
            rest = line.text[1:].lstrip()
            if rest:
                inner = indent + len(line.text) - len(rest)
                self.lines.append(_Line(line.number, inner, rest))
                found.append(self._block(inner, depth + 1))
            else:
                found.append(self._below(indent, depth))
        return found

    def _entries(self, indent: int, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self._at(indent) and (entry := _key_of(self.lines[-1])) is not None:
            line = self.lines.pop()
            key, rest = entry
            if key in found:
                raise _FormError(f"line {line.number}: {key[:60]!r} stands there twice")
            found[key] = _scalar(rest, line.number) if rest else self._below(indent, depth, key)
        return found

    def _below(self, indent: int, depth: int, key: str | None = None) -> Any:
        """What stands below a key or a dash; a list may begin where its key does."""
        if not self.lines:
            return None
        line = self.lines[-1]
        own = key is not None and line.indent == indent and _is_item(line.text)
        return self._block(line.indent, depth + 1) if line.indent > indent or own else None

    def _at(self, indent: int) -> bool:
        return bool(self.lines) and self.lines[-1].indent == indent


def _numbered(text: str) -> tuple[range, list[str]]:
    lines = text.splitlines()
    return range(1, len(lines) + 1), lines


def _line(number: int, text: str) -> _Line | None:
    """A line without its comment; None where nothing is left of it."""
    content = text.strip()
    if not content or content.startswith("#") or content == "---":
        return None
    indent = len(text) - len(text.lstrip())
    if "\t" in text[:indent]:
        raise _FormError(f"line {number} is indented by a tab")
    return _Line(number, indent, content)


def _is_item(text: str) -> bool:
    return text == "-" or text.startswith("- ")


def _key_of(line: _Line) -> tuple[str, str] | None:
    """Key and value of an entry; None where the line is none."""
    text = line.text
    if text[0] in "\"'":
        end = text.find(text[0], 1)
        key, rest = text[1:end], text[end + 1 :].lstrip()
        return (key, _uncommented(rest[1:])) if end > 0 and rest[:1] == ":" else None
    key, colon, rest = text.partition(": ")
    if not colon and text.endswith(":"):
        key, colon, rest = text[:-1], ":", ""
    if not colon or key.startswith(_SPECIAL):
        return None
    return key.strip(), _uncommented(rest)


def _uncommented(text: str) -> str:
    text = text.strip()
    if text.startswith("#"):
        return ""
    if text[:1] in ("'", '"'):
        return text
    return text.partition(" #")[0].rstrip()


def _scalar(text: str, number: int) -> Any:
    if text[:1] in ("'", '"'):
        end = text.find(text[0], 1)
        behind = text[end + 1 :].strip() if end > 0 else "?"
        if behind and not behind.startswith("#"):
            raise _FormError(f"line {number}: a quoted text of a form that is not read here")
        return text[1:end]
    text = _uncommented(text)
    if text.startswith(_SPECIAL):
        raise _FormError(f"line {number}: {text[:40]!r} is YAML of a form that is not read here")
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _REAL.fullmatch(text) else text
