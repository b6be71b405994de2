"""The search for the highest target rate at which a Server run is VALID: what to try next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GROW, SHRINK = 1.3, 0.67
# how far a confirmation steps down after a full run that was not VALID; after each further one by
# twice as much, to four times, since each takes minutes; bisection then goes up again
BACK, MOST_STEPS = 0.97, 4
# rates are run with five digits
SAME = 0.999


@dataclass(frozen=True, kw_only=True)
class Try:
    """One Server run: its rate, whether it was VALID, and its latencies in milliseconds.

    ``asked_s`` and ``queries`` say how long it was to last and how many were answered, ``seconds``
    what it took with all around it. ``advice`` is what LoadGen (or the harness) said of a run that
    was not VALID.
    """

    qps: float
    full: bool
    valid: bool
    asked_s: float
    seconds: float
    queries: int
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class SearchStep:
    """What to run next."""

    qps: float
    full: bool


def next_step(tries: Sequence[Try], *, start: float, resolution: float) -> SearchStep | None:
    """The next run of the search; None when a full run was VALID and nothing above it may be.

    Short runs close in by bisection until valid and invalid rates are within ``resolution`` of
    each other (0.05: five percent); then the highest rate that is still open is run in full, until
    full runs that were VALID and not are as close.
    """
    if not tries:
        return SearchStep(qps=start, full=False)
    low, high = bracket(tries)
    if low is None:
        assert high is not None
        return SearchStep(qps=high * SHRINK, full=False)
    if high is None:
        return SearchStep(qps=low * GROW, full=False)
    if high / low > 1 + resolution:
        return SearchStep(qps=(low + high) / 2, full=False)
    return confirmation(tries, resolution)


def bracket(tries: Sequence[Try]) -> tuple[float | None, float | None]:
    """Highest rate that was VALID in a short run below every rate that was not, and the latter."""
    short = [each for each in tries if not each.full]
    high = min((each.qps for each in short if not each.valid), default=None)
    lows = [each.qps for each in short if each.valid and (high is None or each.qps < high)]
    return max(lows, default=None), high


def found(tries: Sequence[Try]) -> Try | None:
    """The full run that was VALID at the highest rate."""
    full = [each for each in tries if each.full and each.valid]
    return max(full, key=lambda each: each.qps, default=None)


def confirmation(tries: Sequence[Try], resolution: float) -> SearchStep | None:
    """The full run that comes next: the highest rate that is VALID so far, or below failed ones.

    None before any short run was VALID, and where a full run has shown as much.
    """
    low, _ = bracket(tries)
    if low is None:
        return None
    failed = [each.qps for each in tries if each.full and not each.valid]
    best = found(tries)
    if failed:
        high = min(failed)
        if best is not None and high > best.qps * (1 + resolution):
            return SearchStep(qps=(high + best.qps) / 2, full=True)
        low = min(low, high * BACK ** min(2 ** (len(failed) - 1), MOST_STEPS))
    if best is not None and best.qps >= low * SAME:
        return None
    return SearchStep(qps=low, full=True)
