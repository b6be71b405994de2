"""What the official checker says of one result folder."""

from __future__ import annotations

from dataclasses import dataclass

from submission.checks.results import OfficialVerdict


@dataclass(frozen=True, kw_only=True)
class OfficialResult:
    """The official verdict on one result folder.

    ``value`` is the text printed for it, ``refused_paths`` are folders listed as NoResults beside
    it. ``errors`` counts the errors of its benchmark up to and including it. A refused result that
    is not ``listed`` has no line of its own, but makes the exit code 1. ``path`` is what the result
    is listed as, where that is not its folder.
    """

    verdict: OfficialVerdict
    reason: str | None = None
    value: str | None = None
    rows: tuple[tuple[str, ...], ...] = ()
    refused_paths: tuple[str, ...] = ()
    errors: int = 0
    performance_valid: bool = False
    listed: bool = True
    path: str | None = None


def accepted(shown: str | None, rows: tuple[tuple[str, ...], ...], errors: int) -> OfficialResult:
    """An accepted result that is printed as ``shown``; ``errors`` as in ``refused``."""
    return OfficialResult(
        verdict=OfficialVerdict.OK,
        value=shown,
        rows=rows,
        errors=errors,
        performance_valid=True,
    )


def refused(
    reason: str, errors: int, paths: tuple[str, ...] = (), *, performance_valid: bool = False
) -> OfficialResult:
    """A refusal; ``errors`` are those of the benchmark so far, with its own."""
    return OfficialResult(
        verdict=OfficialVerdict.REFUSED,
        reason=reason,
        refused_paths=paths,
        errors=errors,
        performance_valid=performance_valid,
    )
