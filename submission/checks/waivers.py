"""Reads waivers: breaches that are accepted, each by rule, path and reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from submission.checks.book import BOOK
from submission.checks.model import Waiver
from submission.errors import UsageError

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
        value = value.get("waivers")
    if not isinstance(value, list):
        raise _malformed(path, "it is not a list")
    return tuple(_waiver(path, entry) for entry in value)


def _waiver(path: Path, entry: Any) -> Waiver:
    names = {"rule", "path", "reason"}
    if not isinstance(entry, dict) or set(entry) != names:
        raise _malformed(path, f"an entry must have exactly the keys {', '.join(sorted(names))}")
    if not all(isinstance(value, str) and value.strip() for value in entry.values()):
        raise _malformed(path, "rule, path and reason must be texts, and not empty")
    if entry["rule"] not in BOOK:
        raise _malformed(path, f"no rule {entry['rule']!r}")
    return Waiver(**entry)


def _malformed(path: Path, why: str) -> UsageError:
    return UsageError("the waivers are malformed", detail=f"{path}: {why}", hint=f"write {FORM}")
