"""Reads waivers: breaches that are accepted, each by rule, path and reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from submission.checks.book import BOOK, INTEGRITY
from submission.checks.model import Waiver
from submission.container.context import BUILD_FILE
from submission.container.witnesses import profile_of
from submission.errors import UsageError
from submission.tree.grammar import KIT_PROFILES

# those of the checkout that runs
PROFILES = Path(__file__).resolve().parents[2] / KIT_PROFILES
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
        entries = value.get("waivers")
        # a profile says more of a waiver than the checker needs
        value = [_plain(each) for each in entries] if isinstance(entries, list) else entries
    if not isinstance(value, list):
        raise _malformed(path, "it is not a list")
    return tuple(_waiver(path, entry) for entry in value)


def profile_waivers(name: str) -> tuple[Waiver, ...]:
    """The waivers of a profile, as the image knows it, else as the kit's own checkout does.

    Raises UsageError for a profile that is not known there.
    """
    if BUILD_FILE.is_file():
        known = json.loads(BUILD_FILE.read_text(encoding="utf-8")).get("profiles", {})
    else:
        known = {path.stem: json.loads(path.read_text("utf-8")) for path in PROFILES.glob("*.json")}
    base = profile_of(name, known)
    if base is not None:
        where = Path(f"the known profile {base}")
        return tuple(_waiver(where, _plain(entry)) for entry in known[base].get("waivers", ()))
    raise UsageError(
        f"there is no profile {name!r} to take waivers from",
        detail=f"{BUILD_FILE if BUILD_FILE.is_file() else PROFILES} has "
        f"{', '.join(sorted(known)) or 'none'}",
        hint="waivers are never taken from the tree that is checked; give --profile or a file of "
        "your own with --waivers",
    )


def _plain(entry: Any) -> Any:
    """A profile's waiver without what only profiles say of it."""
    if not isinstance(entry, Mapping):
        return entry
    return {key: value for key, value in entry.items() if key in KEYS}


def _waiver(path: Path, entry: Any) -> Waiver:
    if not isinstance(entry, dict) or set(entry) != KEYS:
        raise _malformed(path, f"an entry must have exactly the keys {', '.join(sorted(KEYS))}")
    if not all(isinstance(value, str) and value.strip() for value in entry.values()):
        raise _malformed(path, "rule, path and reason must be texts, and not empty")
    if entry["rule"] not in BOOK:
        raise _malformed(path, f"no rule {entry['rule']!r}")
    if entry["rule"] in INTEGRITY:
        raise UsageError(
            f"{entry['rule']} cannot be waived",
            detail=f"{path}: the rule is about the integrity of a log",
            hint="run again: a log that LoadGen did not leave so is no evidence of a run",
        )
    return Waiver(**entry)


def _malformed(path: Path, why: str) -> UsageError:
    return UsageError("the waivers are malformed", detail=f"{path}: {why}", hint=f"write {FORM}")
