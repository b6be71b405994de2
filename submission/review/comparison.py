"""Compares claimed with found values, line by line, as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from submission.terminal import aligned


@dataclass(frozen=True, kw_only=True)
class Line:
    """One comparison; ``good`` is None if it is only informative.

    ``ratio`` (measured to claimed), ``allowed`` and ``spread`` are those of a rate; ``timed`` is
    true for what a busy machine can spoil.
    """

    what: str
    claimed: str
    found: str
    verdict: str
    good: bool | None = None
    timed: bool = False
    ratio: float | None = None
    allowed: float = 0.0
    spread: float = 0.0


def equal_line(what: str, claimed: object, found: object) -> Line:
    """A comparison of values that must be equal to the last digit."""
    same = claimed == found
    return Line(
        what=what,
        claimed=str(claimed),
        found=str(found),
        verdict="equal" if same else "NOT equal",
        good=same,
    )


def differing(claimed: Mapping[int, str], seen: Mapping[int, str]) -> list[int]:
    """The samples whose answer does not begin with what the claimed log shows of it."""
    return [index for index, data in claimed.items() if not seen.get(index, "").startswith(data)]


def table(lines: Iterable[Line], *, found: str) -> list[str]:
    """The lines as a table; ``found`` is the head of the second column (recomputed, measured)."""
    rows = [("", "claimed", found, ""), *((x.what, x.claimed, x.found, x.verdict) for x in lines)]
    return aligned(rows)
