"""How many queries and samples a run has: the one place that knows that Offline counts samples.

Offline has one query. LoadGen reads ``min_query_count`` as the number of samples in it, and makes
it larger where the duration times the rate asks for more. In every other scenario
``min_query_count`` counts queries.
"""

from __future__ import annotations

from typing import TypedDict

from submission.terms import LoadgenSettings, Scenario

# LoadGen makes Offline's query last this much longer than asked
OFFLINE_SLACK = 1.1


class Counts(TypedDict):
    """The two counts of LoadgenSettings."""

    min_query_count: int
    samples_per_query: int | None


def counts_of(scenario: Scenario, count: int) -> Counts:
    """The counts of LoadgenSettings for the ``min_query_count`` of a configuration file."""
    if scenario is Scenario.OFFLINE:
        return Counts(min_query_count=1, samples_per_query=count)
    return Counts(min_query_count=count, samples_per_query=None)


def loadgen_count(scenario: Scenario, *, queries: int, samples: int | None) -> int:
    """LoadGen's ``min_query_count`` for a run of ``queries``, and ``samples`` in each."""
    return samples if scenario is Scenario.OFFLINE and samples is not None else queries


def settings_count(settings: LoadgenSettings, scenario: Scenario) -> int:
    """LoadGen's ``min_query_count`` for these settings, the inverse of ``counts_of``."""
    return loadgen_count(
        scenario, queries=settings.min_query_count, samples=settings.samples_per_query
    )


def offline_samples(settings: LoadgenSettings) -> int:
    """The samples of Offline's one query (``effective_samples_per_query``)."""
    asked = int(OFFLINE_SLACK * settings.min_duration_ms / 1000 * settings.target_qps)
    return max(settings_count(settings, Scenario.OFFLINE), asked)


def planned_samples(settings: LoadgenSettings, scenario: Scenario) -> int:
    """About how many samples LoadGen schedules for a performance run."""
    if scenario is Scenario.OFFLINE:
        return offline_samples(settings)
    asked = round(settings.target_qps * settings.min_duration_ms / 1000)
    return max(settings.min_query_count, asked)
