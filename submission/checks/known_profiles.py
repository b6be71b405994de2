"""Waivers of the profiles that the image, or else the checkout, knows; never the tree's own."""

from __future__ import annotations

import json
from pathlib import Path

from submission.checks.model import Waiver
from submission.checks.waivers import waivers_of_profile
from submission.container.context import BUILD_FILE
from submission.container.witnesses import PROFILES, profile_of, profile_records
from submission.errors import UsageError

CHECKOUT = Path(__file__).resolve().parents[2]


def profile_waivers(name: str) -> tuple[Waiver, ...]:
    """The waivers of a profile, as the image knows it, else as the kit's own checkout does.

    Raises UsageError for a profile that is not known there.
    """
    if BUILD_FILE.is_file():
        known = json.loads(BUILD_FILE.read_text(encoding="utf-8")).get("profiles", {})
    else:
        known = profile_records(CHECKOUT)
    base = profile_of(name, known)
    if base is not None:
        return waivers_of_profile(Path(f"the known profile {base}"), {"waivers": [], **known[base]})
    where = BUILD_FILE if BUILD_FILE.is_file() else CHECKOUT / Path(PROFILES).parent
    raise UsageError(
        f"there is no profile {name!r} to take waivers from",
        detail=f"{where} has {', '.join(sorted(known)) or 'none'}",
        hint="waivers are never taken from the tree that is checked; give --profile or a file of "
        "your own with --waivers",
    )
