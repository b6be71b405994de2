"""How long a run will take: what is known before it, corrected by how it goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from submission.harness.failure import HarnessError
from submission.harness.loadgen_settings import least_count, offline_samples
from submission.terms import Mode, RunSpec, Scenario

# the share of a query's tokens from which its speed is told
TELLING_SHARE = 0.02


class Counters(Protocol):
    """What may be read of a SUT while it works."""

    @property
    def failure(self) -> HarnessError | None:
        """The first inference that went wrong."""

    @property
    def issued(self) -> int:
        """Samples that LoadGen has asked for."""

    @property
    def answered(self) -> int:
        """Samples that LoadGen has got back."""

    @property
    def fraction_done(self) -> float:
        """Share of an Offline query that is done."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """About ``total`` samples in ``planned_s``; ``exact``: LoadGen asks just that many.

    ``one_query``: all samples come at once. ``gap_s``: how long LoadGen may pause between
    queries.
    """

    planned_s: float
    total: int
    exact: bool
    one_query: bool
    gap_s: float


def forecast(spec: RunSpec, *, count: int) -> Forecast:
    """The forecast of a run over a data set of ``count`` samples."""
    qps = spec.settings.target_qps
    least_s = spec.settings.min_duration_ms / 1000
    offline = spec.run.scenario is Scenario.OFFLINE
    if spec.run.mode is Mode.ACCURACY:
        total, least_s = count, 0.0
    elif offline:
        total = offline_samples(spec)
    else:
        total = max(least_count(spec), round(qps * least_s))
    return Forecast(
        planned_s=max(least_s, total / qps),
        total=total,
        exact=offline or spec.run.mode is Mode.ACCURACY,
        one_query=offline,
        gap_s=20 / qps,
    )


def expected_s(ahead: Forecast, counters: Counters, elapsed_s: float) -> float:
    """The length of the whole run, as it looks after ``elapsed_s``."""
    answered = counters.answered
    if ahead.one_query:
        share = counters.fraction_done
        return elapsed_s / share if share > TELLING_SHARE else ahead.planned_s
    return (
        max(ahead.planned_s, elapsed_s + backlog_s(counters, elapsed_s))
        if answered
        else (ahead.planned_s)
    )


def backlog_s(counters: Counters, elapsed_s: float) -> float:
    """How long the samples that wait now will take at the speed so far; 0 before any answer."""
    answered = counters.answered
    return (counters.issued - answered) * elapsed_s / answered if answered else 0.0
