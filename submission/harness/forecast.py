"""Forecasts how long a run will take, and corrects the forecast as it goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from submission.harness.failure import HarnessError
from submission.loadgen.counts import planned_samples
from submission.terms import Mode, RunSpec, Scenario

# a query's speed is known once this share of its tokens is done, or this time has passed: 2 % of a
# query far above reach would be hours
KNOWN_SHARE = 0.02
KNOWN_S = 60.0
# a run that takes this many times its planned time has a target rate that is far too high; a
# short one may take half an hour on any machine
OVERLONG = 10.0
LEAST_LIMIT_S = 1800.0


class Counters(Protocol):
    """What can be read from a SUT while it works."""

    @property
    def failure(self) -> HarnessError | None:
        """The first inference that went wrong."""

    @property
    def issued(self) -> int:
        """Samples that LoadGen has issued."""

    @property
    def answered(self) -> int:
        """Samples that were answered."""

    @property
    def fraction_done(self) -> float:
        """Share of an Offline query that is done."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """About ``total`` samples in ``planned_s``; ``exact``: LoadGen issues exactly that many.

    ``one_query``: all samples come at once. ``gap_s``: how long LoadGen may pause between
    queries. ``limit_s``: a run that will take longer is aborted; None for no limit.
    """

    planned_s: float
    total: int
    exact: bool
    one_query: bool
    gap_s: float
    limit_s: float | None = None


def forecast(spec: RunSpec, *, count: int) -> Forecast:
    """The forecast of a run over a data set of ``count`` samples."""
    qps = spec.settings.target_qps
    least_s = spec.settings.min_duration_ms / 1000
    offline = spec.run.scenario is Scenario.OFFLINE
    accuracy = spec.run.mode is Mode.ACCURACY
    total = count if accuracy else planned_samples(spec.settings, spec.run.scenario)
    planned_s = total / qps if accuracy else max(least_s, total / qps)
    # an accuracy run does not depend on the rate, and Server has its backlog limit
    bounded = offline and not accuracy
    return Forecast(
        planned_s=planned_s,
        total=total,
        exact=offline or accuracy,
        one_query=offline,
        gap_s=20 / qps,
        limit_s=max(OVERLONG * planned_s, LEAST_LIMIT_S) if bounded else None,
    )


def expected_s(ahead: Forecast, counters: Counters, elapsed_s: float) -> float:
    """The length of the whole run, as it looks after ``elapsed_s``."""
    answered = counters.answered
    if ahead.one_query:
        share = counters.fraction_done
        return elapsed_s / share if speed_is_known(share, elapsed_s) else ahead.planned_s
    return (
        max(ahead.planned_s, elapsed_s + backlog_s(counters, elapsed_s))
        if answered
        else (ahead.planned_s)
    )


def speed_is_known(share: float, elapsed_s: float) -> bool:
    """Whether enough of a query is done to say how long the rest will take."""
    return share > KNOWN_SHARE or (share > 0 and elapsed_s >= KNOWN_S)


def backlog_s(counters: Counters, elapsed_s: float) -> float:
    """Seconds that the waiting samples will take at the speed so far; 0 before any answer."""
    answered = counters.answered
    return (counters.issued - answered) * elapsed_s / answered if answered else 0.0
