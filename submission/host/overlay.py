"""The overlay: the user's own fields of the system description, kept in a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from submission.errors import UsageError
from submission.files import write_json
from submission.host.describe import checked_overlay
from submission.policy import Policy


def load_overlay(path: Path, policy: Policy) -> dict[str, str]:
    """The overlay in ``path``; empty if there is no such file.

    Raises UsageError if it cannot be read, is not a JSON object, or has a field that the round
    does not know.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"the system overlay {path} cannot be read",
            detail=(str(error).splitlines() or [type(error).__name__])[0],
            hint='write a JSON object such as {"cooling": "Air"}',
        ) from error
    if not isinstance(value, dict):
        raise UsageError(
            f"the system overlay {path} is not a JSON object",
            detail=f"found {type(value).__name__}",
            hint='write a JSON object such as {"cooling": "Air"}',
        )
    try:
        return checked_overlay(value, policy)
    except UsageError as error:
        raise UsageError(f"{path}: {error.what}", detail=error.detail, hint=error.hint) from error


def remember(
    path: Path, overlay: Mapping[str, str], settings: Iterable[str], policy: Policy
) -> dict[str, str]:
    """Write ``overlay`` with each ``FIELD=VALUE`` of ``settings`` to ``path``; returns it.

    Raises UsageError for a setting without ``=``, an empty value, or an unknown field.
    """
    merged: dict[str, object] = dict(overlay)
    for setting in settings:
        field, sign, value = setting.partition("=")
        if not (sign and value.strip()):
            raise UsageError(
                f"--set takes FIELD=VALUE, not {setting!r}",
                detail="the value may contain blanks, but not be empty",
                hint='for example --set "cooling=Air"',
            )
        merged[field.strip()] = value
    written = checked_overlay(merged, policy)
    try:
        write_json(path, written)
    except OSError as error:
        raise UsageError(
            f"the system overlay {path} cannot be written",
            detail=error.strerror or str(error),
            hint="name another file with --overlay",
        ) from error
    return written
