"""Which names a tree may have: the folder rules of the round, and no clash on any disk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from submission.errors import StageError

GOOD_NAME = re.compile(r"[A-Za-z0-9_+][A-Za-z0-9_+.,@=~-]*")
MAX_NAME_CHARACTERS = 255
MAX_PATH_CHARACTERS = 1024


def refuse_bad_names(targets: Sequence[str]) -> None:
    """Raise StageError that names the breaches; all targets are looked at."""
    broken = [f"{target!r}: {why}" for target in targets if (why := broken_name(target))]
    broken += _twice(targets)
    if broken:
        rest = len(broken) - 1
        raise StageError(
            "The tree would hold names that the rules forbid",
            detail=broken[0] + (f" (and {rest} more)" if rest else ""),
            hint="rename the source file, or the benchmark, system or submitter in the profile",
        )


def broken_name(target: str) -> str | None:
    """Why this relative path may not stand in a tree; ``None`` if it may."""
    if target.startswith("/"):
        return "is absolute"
    if len(target) > MAX_PATH_CHARACTERS:
        return f"is longer than {MAX_PATH_CHARACTERS} characters"
    reasons = (_broken_part(part) for part in target.split("/"))
    return next((reason for reason in reasons if reason), None)


def _broken_part(part: str) -> str | None:
    if not part:
        return "has an empty name"
    if part.startswith("."):
        return "has a name that starts with a dot"
    if any(letter.isspace() for letter in part):
        return "has a name with a blank"
    if part == "__pycache__":
        return "lies in __pycache__"
    if len(part) > MAX_NAME_CHARACTERS:
        return f"has a name longer than {MAX_NAME_CHARACTERS} characters"
    return None if GOOD_NAME.fullmatch(part) else "has a name that is not plain ASCII"


def _twice(targets: Iterable[str]) -> Iterator[str]:
    """Targets taken twice, that differ only in case, or that are file and folder at once."""
    files = list(targets)
    folders = {folder for target in files for folder in _folders(target)}
    seen: dict[str, str] = {}
    for target in files:
        if seen.get(target.casefold()) == target:
            yield f"{target!r}: is placed twice"
        seen.setdefault(target.casefold(), target)
        if target in folders:
            yield f"{target!r}: is a file and a folder"
    spelled: dict[str, str] = {}
    for path in sorted({*files, *folders}):
        other = spelled.setdefault(path.casefold(), path)
        if other != path:
            yield f"{path!r}: differs from {other!r} only in case"


def _folders(target: str) -> Iterator[str]:
    parts = target.split("/")
    for count in range(1, len(parts)):
        yield "/".join(parts[:count])
