"""The result of a run and its latencies: means, percentiles, estimates.

LoadGen sorts the latencies; the percentile p of n is the one at the place n · p, counted from 0 and
cut to a whole number. So percentiles, estimates and counts of late queries are places in one sorted
row, and say between which figures others lie. Source: LoadGen, ``PerformanceSummary``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from submission.checks.arithmetic import six_digits
from submission.checks.relations.queries import offline_counts
from submission.checks.relations.relation import (
    HOLDS,
    Ladder,
    LogFigures,
    Quick,
    Relation,
    numbers,
    relation,
)
from submission.loadgen.keys import PERCENTILES
from submission.policy import Policy
from submission.terms import NS_PER_S, Scenario

RESULT, ORDER, MEAN, PER_QUERY = "PRF018", "PRF021", "PRF023", "PRF030"
SINGLE, MULTI = Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM
OFFLINE, SERVER = Scenario.OFFLINE, Scenario.SERVER
SHARES = tuple(float(p) / 100 for p in PERCENTILES)
WRAP = 1 << 64
RACE_NS = 1_000_000
"""Two samples that are answered at once may count for their query in either order."""

SAMPLES = ("result_{}_latency_ns", "result_{}_percentile_latency_ns")
FIRST_TOKENS = (
    "result_first_token_{}_latency_ns",
    "result_first_token_{}_percentile_latency_ns",
)
OUTPUT_TOKENS = (
    "result_time_to_output_token_{}",
    "result_time_per_output_token_{}_percentile_ns",
)
QUERIES = ("result_{}_query_latency_ns", "result_{}_percentile_per_query_latency_ns")


def ladder(run: LogFigures, names: tuple[str, str], count: float) -> Ladder | None:
    """The ladder of some latencies, of which there are ``count``; None where one is missing."""
    key = names, count
    if key not in run.ladders:
        run.ladders[key] = _ladder(run, names, count)
    return run.ladders[key]


@cache
def _keys(names: tuple[str, str]) -> tuple[str, ...]:
    """The keys of a ladder."""
    least, percentile = names
    return (
        least.format("min"),
        *(percentile.format(p) for p in PERCENTILES),
        least.format("max"),
    )


def _ladder(run: LogFigures, names: tuple[str, str], count: float) -> Ladder | None:
    keys = _keys(names)
    found = numbers(run, *keys)
    if found is None or not 1 <= count < WRAP:
        return None
    last = int(count) - 1
    places = [0, *(min(int(int(count) * share), last) for share in SHARES), last]
    return list(zip(keys, places, map(int, found), strict=True))


@relation(
    "result_samples_per_second",
    "generated_samples_per_query",
    "result_max_latency_ns",
    words="= samples (padded where samples are) · 1e9 / result_max_latency_ns",
    rule=RESULT,
    scenarios=(OFFLINE,),
)
def offline_result(run: LogFigures, _policy: Policy) -> str | None:
    """Samples a second, up to the slowest sample."""
    keys = ("samples_per_second", "query_count", "max_latency_ns")
    found = numbers(run, *(f"result_{key}" for key in keys))
    counts = sample_counts(run)
    if found is None or not counts or found[1] < 1 or found[2] <= 0:
        return None
    low, high = six_digits(found[0])
    rates = sorted(count * found[1] * NS_PER_S / found[2] for count in counts)
    if any(low <= rate <= high for rate in rates):
        return HOLDS
    return f"{' or '.join(f'{rate:.6g}' for rate in rates)} by its counts and times"


def sample_counts(run: LogFigures) -> set[float]:
    """How many samples Offline's query may have had; none if the log does not say."""
    found = numbers(run, "generated_samples_per_query") or numbers(
        run, "effective_samples_per_query"
    )
    return set() if found is None else offline_counts(run, found[0])


@relation(
    "result_scheduled_samples_per_sec",
    "result_query_count",
    "generated_query_duration",
    words="= (queries - 1) · 1e9 / the time of the last query; generated_query_duration ends with"
    " the gap behind it",
    rule=RESULT,
    scenarios=(SERVER,),
)
def server_result(run: LogFigures, policy: Policy) -> str | None:
    """Queries a second, up to the schedule of the last."""
    keys = ("result_scheduled_samples_per_sec", "result_query_count", "generated_query_duration")
    found = numbers(run, *keys, "effective_target_qps")
    if found is None or min(found) <= 0 or found[1] <= 1:
        return None
    rate, queries, duration, target = found
    low, high = six_digits(rate)
    gap = policy.tolerances.server_gaps * NS_PER_S / target
    least = (queries - 1) * NS_PER_S / duration
    most = (queries - 1) * NS_PER_S / (duration - gap) if duration > gap else float("inf")
    return (
        HOLDS
        if low <= most and high >= least
        else f"{least:.6g} to {most:.6g} by its counts and times"
    )


@relation(
    "result_qps_without_loadgen_overhead",
    "result_mean_latency_ns",
    words="= 1e9 / result_mean_latency_ns",
    rule=RESULT,
    scenarios=(SINGLE,),
)
def stream_result(run: LogFigures, _policy: Policy) -> str | None:
    """The rate from which Offline is inferred."""
    found = numbers(run, "result_qps_without_loadgen_overhead", "result_mean_latency_ns")
    if found is None or found[1] <= 0:
        return None
    low, high = six_digits(found[0])
    expected = NS_PER_S / found[1]
    # the mean is cut to whole nanoseconds behind this
    holds = low <= expected and NS_PER_S / (found[1] + 1) <= high
    return HOLDS if holds else f"{expected:.6g} by its mean latency"


def _order(names: tuple[str, str], scenarios: Sequence[Scenario]) -> list[Relation]:
    """Each figure is at least the one before."""
    return [_at_least(key, low, scenarios) for low, key in pairwise(_keys(names))]


def _at_least(key: str, low: str, scenarios: Sequence[Scenario]) -> Relation:
    @relation(
        key, low, words=f"at least {low}", rule=ORDER, scenarios=scenarios, quick=Quick.AT_LEAST
    )
    def test(run: LogFigures, _policy: Policy) -> str | None:
        found = numbers(run, key, low)
        return (
            None
            if found is None
            else (HOLDS if found[0] >= found[1] else f"at least {found[1]} as {low}")
        )

    return test


def _mean(names: tuple[str, str], scenarios: Sequence[Scenario]) -> Relation:
    keys = (names[0].format("mean"), names[0].format("min"), names[1].format("XX"))

    @relation(
        *keys,
        names[0].format("max"),
        words="between the means of the least and of the greatest latencies that the percentiles"
        " leave; where a sum is over 64 bits, the rest of it over the count",
        rule=MEAN,
        scenarios=scenarios,
    )
    def test(run: LogFigures, _policy: Policy) -> str | None:
        found, count = numbers(run, keys[0]), _count(run, names)
        steps = None if count is None else ladder(run, names, count)
        if found is None or count is None or steps is None:
            return None
        return _mean_fits(int(found[0]), int(count), steps)

    return test


def _count(run: LogFigures, names: tuple[str, str]) -> float | None:
    """How many latencies there are; None where the log leaves it open."""
    found = numbers(run, "result_query_count", "effective_samples_per_query")
    if found is None:
        return None
    if run.scenario is OFFLINE:
        counts = sample_counts(run)
        return max(counts) * found[0] if len(counts) == 1 else None
    return found[0] if names is QUERIES else found[0] * found[1]


def _mean_fits(mean: int, count: int, steps: Ladder) -> str:
    pairs = [(b[1] - a[1], a[2], b[2]) for a, b in pairwise(steps)]
    least = sum(width * low for width, low, _ in pairs) + steps[-1][2]
    most = steps[0][2] + sum(width * high for width, _, high in pairs)
    # LoadGen adds up in 64 bits
    low_wraps, high_wraps = least // WRAP, most // WRAP
    for wraps in range(max(low_wraps, 0), min(high_wraps, low_wraps + 1000) + 1):
        low, high = max(least - wraps * WRAP, 0), min(most - wraps * WRAP, WRAP)
        if low // count - 1 <= mean <= high // count + 1:
            return HOLDS
    return f"{least // count} to {most // count} by the percentiles"


@relation(
    "result_max_query_latency_ns",
    "result_max_latency_ns",
    words="= result_max_latency_ns, but for samples that are answered at once",
    rule=PER_QUERY,
    scenarios=(MULTI,),
)
def query_as_samples(run: LogFigures, _policy: Policy) -> str | None:
    """A query ends with its last sample."""
    found = numbers(run, "result_max_query_latency_ns", "result_max_latency_ns")
    if found is None:
        return None
    return HOLDS if abs(found[0] - found[1]) <= RACE_NS else f"{found[1]} as result_max_latency_ns"


def _query_at_least(query: str, sample: str) -> Relation:
    @relation(
        query,
        sample,
        words=f"at least {sample}",
        rule=PER_QUERY,
        scenarios=(MULTI,),
        quick=Quick.AT_LEAST,
    )
    def test(run: LogFigures, _policy: Policy) -> str | None:
        found = numbers(run, query, sample)
        if found is None:
            return None
        return HOLDS if found[0] >= found[1] - RACE_NS else f"at least {found[1]} as {sample}"

    return test


RELATIONS: tuple[Relation, ...] = (
    offline_result,
    server_result,
    stream_result,
    *_order(SAMPLES, tuple(Scenario)),
    *_order(QUERIES, (MULTI,)),
    *_order(FIRST_TOKENS, tuple(Scenario)),
    *_order(OUTPUT_TOKENS, tuple(Scenario)),
    _mean(SAMPLES, tuple(Scenario)),
    _mean(QUERIES, (MULTI,)),
    _mean(FIRST_TOKENS, (SERVER,)),
    _mean(OUTPUT_TOKENS, (SERVER,)),
    query_as_samples,
    *(
        _query_at_least(QUERIES[0].format(word), SAMPLES[0].format(word))
        for word in ("min", "mean")
    ),
    *(_query_at_least(QUERIES[1].format(p), SAMPLES[1].format(p)) for p in PERCENTILES),
)
