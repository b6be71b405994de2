"""A JSON file that should hold one object: the object, or in words why it does not."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from submission.loadgen.reading import Place, Unreadable, read_whole

DOCUMENT_BYTES = 256 << 10
"""Thirty times the longest submitted one; a value of this size may take thirty times
as much memory, and several are held at once."""

MAX_DEPTH = 100
KEPT = 200
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+"')
_BRACKETS = re.compile(r"[\[\]{}]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A JSON object; ``repeated`` are keys that stand in it twice (the last value counts)."""

    value: Mapping[str, Any]
    repeated: tuple[str, ...]
    has_bom: bool
    size_bytes: int
    text: str

    def line_of(self, key: str) -> int | None:
        """The line on which a key of the object first stands."""
        position = self.text.find(json.dumps(key))
        return None if position < 0 else self.text.count("\n", 0, position) + 1


def read_document(path: Place) -> Document | Unreadable:
    """The object in a JSON file, or why it cannot be had; never raises for what is in it."""
    content = read_whole(path, DOCUMENT_BYTES)
    return content if isinstance(content, Unreadable) else parse_document(content)


def parse_document(content: bytes) -> Document | Unreadable:
    """The object in a JSON text; a byte order mark is accepted and reported."""
    bom = content.startswith(b"\xef\xbb\xbf")
    repeated: list[str] = []
    try:
        text = content.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, repeated))
    except UnicodeDecodeError as error:
        return Unreadable(why=f"byte {error.start} is not UTF-8")
    except json.JSONDecodeError as error:
        return Unreadable(why=f"it is not JSON: {error.msg}, line {error.lineno}")
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:120]
        return Unreadable(why=f"it is not JSON: {why}")
    if _depth(text) > MAX_DEPTH:
        return Unreadable(why=f"it is not JSON for a reader: nested over {MAX_DEPTH} deep")
    if not isinstance(value, dict):
        return Unreadable(why=f"it holds {_kind(value)}, not an object")
    return Document(
        value=value,
        repeated=tuple(dict.fromkeys(repeated)),
        has_bom=bom,
        size_bytes=len(content),
        text=text,
    )


def _object(pairs: list[tuple[str, Any]], repeated: list[str]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen and len(repeated) < KEPT:
                repeated.append(key)
            seen.add(key)
    return result


def _depth(text: str) -> int:
    """How deep brackets are nested; a text with few of them is not looked at."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _kind(value: Any) -> str:
    return {list: "a list", str: "a string", type(None): "null", bool: "a truth value"}.get(
        type(value), "a number"
    )
