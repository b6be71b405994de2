"""Compares rates and latencies of reruns with those that the tree claims."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from submission.harness.files import LATENCIES_FILE
from submission.harness.latencies import read_latencies
from submission.loadgen.keys import COMPLETED_RATE, OFFLINE_RATE, SCHEDULED_RATE, percentile_key
from submission.policy import Policy
from submission.review.comparison import Line
from submission.runs.outcome import RunReport
from submission.terms import NS_PER_MS, LoadgenSettings, Scenario
from submission.tree.finished import ClaimedCell

# a short run has other samples and other gaps between its queries than the full one
QUICK_ALLOWANCE = 0.10
STRETCHES = 10
LABELS = {
    OFFLINE_RATE: "samples/s",
    SCHEDULED_RATE: "scheduled samples/s",
    COMPLETED_RATE: "completed samples/s",
}


def rate_lines(
    cell: ClaimedCell, policy: Policy, runs: Sequence[RunReport], tolerance: float, *, quick: bool
) -> list[Line]:
    """The official rate, and for Server the completed one, with ratio and spread.

    A quick Server run must keep up with its own schedule: the number of queries in ten seconds
    is random and no measure of speed.
    """
    official = policy.scenarios[cell.scenario].result_key
    server = cell.scenario is Scenario.SERVER
    allowed = tolerance + (QUICK_ALLOWANCE if quick and not server else 0)
    keys = (official, COMPLETED_RATE) if server else (official,)
    lines = [_rate_line(cell, key, runs, None if quick and server else allowed) for key in keys]
    if quick and server:
        lines.append(_keeps_up(runs, official, allowed))
    return lines


def _rate_line(
    cell: ClaimedCell, key: str, runs: Sequence[RunReport], allowed: float | None
) -> Line:
    claimed = cell.claimed_log.number(key)
    rates = [rate for run in runs if (rate := run.number(key)) is not None]
    label = LABELS.get(key, key)
    if not claimed or not rates:
        return Line(
            what=label,
            claimed=_number(claimed),
            found=_number(rates[0] if rates else None),
            verdict="cannot be compared",
            good=False,
        )
    ratio = float(np.mean(rates)) / claimed
    words = f"ratio {ratio:.3f}, {_spread_words(rates, runs)}"
    if allowed is None:
        return Line(what=label, claimed=_number(claimed), found=_number(rates[0]), verdict=words)
    # rounded, so that a rate exactly at the limit is within
    near = round(abs(ratio - 1), 9) <= allowed
    return Line(
        what=label,
        claimed=_number(claimed),
        found=_number(float(np.mean(rates))),
        verdict=f"{words}: {_nearness(ratio, allowed, near=near)}",
        good=near,
        timed=True,
        ratio=ratio,
        allowed=allowed,
        spread=_spread(rates, runs) or 0.0,
    )


def _nearness(ratio: float, allowed: float, *, near: bool) -> str:
    if near:
        return f"within {allowed * 100:g} %"
    return f"OUTSIDE {allowed * 100:g} %, {'faster' if ratio > 1 else 'slower'} than claimed"


def _keeps_up(runs: Sequence[RunReport], official: str, allowed: float) -> Line:
    shares = [(run.number(COMPLETED_RATE) or 0.0) / (run.number(official) or 1.0) for run in runs]
    good = min(shares) >= 1 - allowed
    return Line(
        what="completed of scheduled",
        claimed="all",
        found=f"{min(shares) * 100:.1f} %",
        timed=True,
        verdict=f"{'keeps up' if good else 'FALLS BEHIND'} (allowed: {allowed * 100:g} % less)",
        good=good,
    )


def _spread(rates: Sequence[float], runs: Sequence[RunReport]) -> float | None:
    """Of several runs, else within the one; None if the run does not show it."""
    if len(rates) > 1:
        return (max(rates) - min(rates)) / 2 / float(np.mean(rates))
    return spread_within(runs[0].folder / LATENCIES_FILE)


def _spread_words(rates: Sequence[float], runs: Sequence[RunReport]) -> str:
    spread = _spread(rates, runs)
    if spread is None:
        return "one run"
    where = f"over {len(rates)} runs" if len(rates) > 1 else "within the run"
    return f"spread {spread * 100:.1f} % {where}"


def spread_within(path: Path) -> float | None:
    """How uncertain a run's rate is, as a share of it; None if the file does not show it.

    The standard error of the mean over ten intervals of equal time, from the file of latencies.
    It is too large for Offline runs, which begin with the longest samples.
    """
    latencies = read_latencies(path)
    if latencies is None:
        return None
    done = np.sort(latencies.done_ns[latencies.done_ns > 0])
    if len(done) < 2 * STRETCHES:
        return None
    edges = np.linspace(done[0], done[-1], STRETCHES + 1)
    counts = [int(((done > a) & (done <= b)).sum()) for a, b in pairwise(edges)]
    return float(np.std(counts, ddof=1) / np.sqrt(STRETCHES) / np.mean(counts))


def bound_line(
    cell: ClaimedCell, settings: LoadgenSettings, runs: Sequence[RunReport]
) -> list[Line]:
    """The latency at the bound's percentile, in ms; nothing for scenarios without a bound."""
    bound_ns, share = settings.target_latency_ns, settings.target_latency_percentile
    if bound_ns is None or share is None:
        return []
    key = percentile_key(share * 100)
    claimed = cell.claimed_log.number(key)
    seen = [ns for run in runs if (ns := run.number(key)) is not None]
    good = bool(seen) and max(seen) <= bound_ns
    return [
        Line(
            what=f"{share * 100:g}th percentile [ms]",
            claimed=_number(claimed / NS_PER_MS if claimed else None),
            found=_number(max(seen) / NS_PER_MS if seen else None),
            timed=True,
            verdict=f"bound {bound_ns / NS_PER_MS:g} ms {'kept' if good else 'NOT kept'}",
            good=good,
        )
    ]


def validity_line(cell: ClaimedCell, runs: Sequence[RunReport], *, quick: bool) -> Line:
    """LoadGen's verdict; a quick run is too short to be VALID, so its verdict is ignored."""
    found = [str(run.values["validity"]) for run in runs]
    valid = all(word == "VALID" for word in found)
    why = next((run.invalid for run in runs if run.invalid), "")
    words = "too short for LoadGen's verdict" if quick else f"INVALID: {why}"
    return Line(
        what="validity",
        claimed=str(cell.claimed_log.get("result_validity")),
        found=", ".join(dict.fromkeys(found)),
        verdict="valid" if valid else words,
        timed=True,
        good=True if valid else None if quick else False,
    )


def _number(value: float | None) -> str:
    return "not given" if value is None else f"{value:.6g}"
