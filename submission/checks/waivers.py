"""Reads waivers: breaches that are accepted, each by rule, path and reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from submission.checks.book import BOOK, INTEGRITY
from submission.checks.model import Waiver
from submission.errors import UsageError

KEYS = frozenset({"rule", "path", "reason"})
FORM = '[{"rule": "PRF008", "path": "open/Demo/results/*", "reason": "a demo run"}]'


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """The waivers in a JSON file: a list of them, or an object with such a list as ``waivers``.

    Raises UsageError if the file cannot be read or holds anything else.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            "the waivers cannot be read", detail=f"{path}: {error}", hint=f"write {FORM}"
        ) from error
    if isinstance(value, dict):
        return waivers_of_profile(path, value)
    return waivers_from(str(path), value)


def waivers_of_profile(path: Path, profile: Mapping[str, Any]) -> tuple[Waiver, ...]:
    """A profile's waivers; raises UsageError, which says ``path``, for malformed ones.

    What only profiles say of a waiver is left out.
    """
    entries = profile.get("waivers")
    plain = [*map(_plain, entries)] if isinstance(entries, list) else entries
    return waivers_from(str(path), plain)


def waivers_from(place: str, entries: Any) -> tuple[Waiver, ...]:
    """The waivers of a list that was read at ``place``; raises UsageError, which says where."""
    if not isinstance(entries, list):
        raise _malformed(place, "it is not a list")
    return tuple(_waiver(f"{place}, entry {n}", entry) for n, entry in enumerate(entries, start=1))


def _plain(entry: Any) -> Any:
    """A profile's waiver without what only profiles say of it."""
    if not isinstance(entry, Mapping):
        return entry
    return {key: value for key, value in entry.items() if key in KEYS}


def _waiver(place: str, entry: Any) -> Waiver:
    if not isinstance(entry, dict) or set(entry) != KEYS:
        raise _malformed(place, f"an entry must have exactly the keys {', '.join(sorted(KEYS))}")
    if not all(isinstance(value, str) and value.strip() for value in entry.values()):
        raise _malformed(place, "rule, path and reason must be texts, and not empty")
    if entry["rule"] not in BOOK:
        raise _malformed(place, f"no rule {entry['rule']!r}")
    if entry["rule"] in INTEGRITY:
        raise UsageError(
            f"{entry['rule']} cannot be waived",
            detail=f"{place}: the rule is about the integrity of a log",
            hint="run again: a log that LoadGen did not leave so is no evidence of a run",
        )
    return Waiver(**entry)


def _malformed(place: str, why: str) -> UsageError:
    return UsageError("the waivers are malformed", detail=f"{place}: {why}", hint=f"write {FORM}")
