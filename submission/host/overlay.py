"""What a person wrote about the machine, kept in a file and remembered."""

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
            f"The system overlay {path} cannot be read",
            detail=(str(error).splitlines() or [type(error).__name__])[0],
            hint='it is a JSON object such as {"cooling": "Air"}',
        ) from error
    if not isinstance(value, dict):
        raise UsageError(
            f"The system overlay {path} is not a JSON object",
            detail=f"found {type(value).__name__}",
            hint='it is a JSON object such as {"cooling": "Air"}',
        )
    return checked_overlay(value, policy)


def remember(
    path: Path, overlay: Mapping[str, str], settings: Iterable[str], policy: Policy
) -> dict[str, str]:
    """``overlay`` with each ``FIELD=VALUE`` of ``settings`` in it, written to ``path``.

    Raises UsageError for a setting without ``=``, an empty value, or an unknown field.
    """
    merged: dict[str, object] = dict(overlay)
    for setting in settings:
        field, sign, value = setting.partition("=")
        if not (sign and value.strip()):
            raise UsageError(
                f"--set wants FIELD=VALUE, not {setting!r}",
                detail="the value may hold blanks, but may not be empty",
                hint='for example --set "cooling=Air"',
            )
        merged[field.strip()] = value
    written = checked_overlay(merged, policy)
    try:
        write_json(path, written)
    except OSError as error:
        raise UsageError(
            f"The system overlay {path} cannot be written",
            detail=error.strerror or str(error),
            hint="name another file with --overlay",
        ) from error
    return written
