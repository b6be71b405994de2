"""Which samples LoadGen loads and which queries it makes of them.

Source: LoadGen, ``GenerateLoadableSets`` and ``GenerateQueries``.
"""

from __future__ import annotations

from submission.checks.arithmetic import six_digits
from submission.checks.relations.arrivals import arrivals
from submission.checks.relations.relation import (
    HOLDS,
    LogFigures,
    Relation,
    RunPart,
    numbers,
    relation,
)
from submission.checks.relations.settings import issues_one_set, pads
from submission.policy import Policy
from submission.terms import NS_PER_MS, NS_PER_S, Scenario

LOADED, GENERATED, ARRIVALS, TWICE = "LOG023", "LOG024", "LOG025", "PRF022"
SINGLE, MULTI = Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM
OFFLINE, SERVER = Scenario.OFFLINE, Scenario.SERVER
LONGEST_GAP = 45
"""Mean gaps between two queries of Server; the generator's 64 bits give none longer."""


@relation(
    "loaded_qsl_set",
    "effective_performance_sample_count",
    "qsl_reported_total_count",
    words="one set of min(effective_performance_sample_count, qsl_reported_total_count) samples;"
    " in MultiStream the first samples_per_query - 1 of them once more",
    rule=LOADED,
)
def loaded_once(run: LogFigures, _policy: Policy) -> str | None:
    """The set that a performance run loads."""
    known = _sets(run)
    if known is None:
        return None
    loaded, size, total, padding = known
    expected = min(size, total) + padding
    return HOLDS if loaded == [expected] else f"one set of {expected} samples"


@relation(
    "loaded_qsl_set",
    "effective_performance_sample_count",
    "qsl_reported_total_count",
    words="sets of effective_performance_sample_count samples, together"
    " qsl_reported_total_count; in MultiStream each padded as in a performance run",
    rule=LOADED,
    part=RunPart.ACCURACY,
)
def loaded_all(run: LogFigures, _policy: Policy) -> str | None:
    """The sets of an accuracy run, which are the whole data set."""
    known = _sets(run)
    if known is None:
        return None
    loaded, size, total, padding = known
    sets = -(-total // size)
    holds = len(loaded) == sets and sum(loaded) - padding * sets == total
    return HOLDS if holds else f"{sets} sets, together {total} samples"


def _sets(run: LogFigures) -> tuple[list[int], int, int, int] | None:
    """Sizes of the loaded sets, of a full one, of the data set, and samples loaded twice."""
    keys = ("effective_performance_sample_count", "effective_samples_per_query")
    found = numbers(run, *keys, "qsl_reported_total_count")
    sizes = [size for size in run.log.loaded if size is not None]
    if found is None or not sizes or len(sizes) < len(run.log.loaded) or found[2] < 1:
        return None
    size, samples, total = map(int, found)
    return sizes, size or total, total, samples - 1 if run.scenario is MULTI else 0


@relation(
    "generated_samples_per_query",
    "effective_samples_per_query",
    words="= effective_samples_per_query; where samples are padded, in Offline, its next multiple"
    " of the loaded samples (from LoadGen 5 on)",
    rule=TWICE,
)
def samples_twice(run: LogFigures, _policy: Policy) -> str | None:
    """The samples of a query."""
    found = numbers(run, "generated_samples_per_query", "effective_samples_per_query")
    if found is None:
        return None
    accepted = offline_counts(run, found[1]) if run.scenario is OFFLINE else {found[1]}
    return HOLDS if found[0] in accepted else f"{found[1]} as in effective_samples_per_query"


def offline_counts(run: LogFigures, samples: float) -> set[float]:
    """How many samples Offline's query may have: as many as are generated, or padded."""
    may, must = pads(run)
    found = numbers(run, "effective_performance_sample_count", "qsl_reported_total_count")
    if not may or found is None:
        return {samples}
    size, total = found
    loaded = min(size, total) or total
    padded = -(-samples // loaded) * loaded if loaded > 0 else samples
    return {padded} if must else {samples, padded}


@relation(
    "result_query_count",
    "generated_query_count",
    words="= generated_query_count",
    rule=TWICE,
    scenarios=(OFFLINE, SERVER),
)
def queries_twice(run: LogFigures, _policy: Policy) -> str | None:
    """Offline and Server issue every query that they generate.

    Padded, Offline may generate as many queries as it has samples, of which it issues one.
    """
    if run.scenario is OFFLINE and pads(run)[0]:
        return None
    found = numbers(run, "result_query_count", "generated_query_count")
    if found is None:
        return None
    return HOLDS if found[0] == found[1] else f"{found[1]} as in generated_query_count"


@relation(
    "result_query_count",
    "generated_query_count",
    words="at most generated_query_count",
    rule=TWICE,
    scenarios=(SINGLE, MULTI),
)
def queries_enough(run: LogFigures, _policy: Policy) -> str | None:
    """SingleStream and MultiStream stop in time."""
    found = numbers(run, "result_query_count", "generated_query_count")
    if found is None:
        return None
    return HOLDS if found[0] <= found[1] else f"at most the {found[1]} of generated_query_count"


@relation("generated_query_count", words="= 1", rule=GENERATED, scenarios=(OFFLINE,))
def one_query(run: LogFigures, _policy: Policy) -> str | None:
    """Offline has one query, unless it is padded."""
    if pads(run)[0]:
        return None
    found = numbers(run, "generated_query_count")
    return None if found is None else (HOLDS if found[0] == 1 else "1")


@relation(
    "generated_query_duration",
    "generated_query_count",
    "effective_target_qps",
    words="= generated_query_count · (1e9 / effective_target_qps, in whole nanoseconds)",
    rule=GENERATED,
    scenarios=(SINGLE, MULTI, OFFLINE),
)
def planned_duration(run: LogFigures, _policy: Policy) -> str | None:
    """Queries are planned one period apart, but for Server's."""
    keys = ("generated_query_duration", "generated_query_count", "effective_target_qps")
    found = numbers(run, *keys)
    if found is None or found[1] < 1 or found[2] <= 0:
        return None
    duration, count, rate = found
    low, high = six_digits(rate)
    period = duration / count
    holds = duration % count == 0 and NS_PER_S / high - 1 <= period <= NS_PER_S / low + 1
    return HOLDS if holds else f"{count} times {NS_PER_S / rate:.6g} ns"


@relation(
    "generated_query_count",
    "generated_query_duration",
    "effective_min_duration_ms",
    "effective_min_query_count",
    words="= max(effective_min_query_count, the periods of twice the duration, and one more)",
    rule=GENERATED,
    scenarios=(SINGLE, MULTI),
)
def stream_queries(run: LogFigures, _policy: Policy) -> str | None:
    """As many queries are made as a SUT twice as fast as expected would need."""
    keys = ("effective_min_duration_ms", "effective_min_query_count")
    found = numbers(run, "generated_query_count", "generated_query_duration", *keys)
    if found is None or found[0] < 1 or issues_one_set(run):
        return None
    count, duration, asked_ms, least = found
    period = int(duration) // int(count)
    if period < 1 or pads(run)[1]:
        return None
    expected = max(least, -(-2 * int(asked_ms) * NS_PER_MS // period) + 1 if asked_ms else 0)
    return HOLDS if count == expected else f"{expected} by the duration and the rate"


@relation(
    "generated_query_count",
    "generated_query_duration",
    "effective_min_duration_ms",
    "effective_min_query_count",
    "effective_target_qps",
    words="the first count, from effective_min_query_count on, whose last query is scheduled after"
    " effective_min_duration_ms",
    rule=GENERATED,
    scenarios=(SERVER,),
)
def server_queries(run: LogFigures, _policy: Policy) -> str | None:
    """Server's queries end where the duration does."""
    keys = ("min_duration_ms", "min_query_count", "target_qps")
    found = numbers(
        run,
        "generated_query_count",
        "generated_query_duration",
        *(f"effective_{key}" for key in keys),
    )
    if found is None or found[4] <= 0 or pads(run)[0] or issues_one_set(run):
        return None
    count, duration, asked_ms, least, rate = found
    if count < least or duration < asked_ms * NS_PER_MS:
        return f"at least {least} queries, over {asked_ms} ms"
    latest = asked_ms * NS_PER_MS + 2 * LONGEST_GAP * NS_PER_S / rate
    return (
        HOLDS
        if count == least or duration <= latest
        else f"no query after {asked_ms} ms, as none is needed"
    )


@relation(
    "generated_query_duration",
    "generated_query_count",
    "effective_target_qps",
    "effective_schedule_rng_seed",
    words="= the sum of as many exponential gaps as effective_schedule_rng_seed gives, over"
    " effective_target_qps",
    rule=ARRIVALS,
    scenarios=(SERVER,),
)
def server_arrivals(run: LogFigures, _policy: Policy) -> str | None:
    """When Server's queries arrive is fixed by the seed; the rate only stretches the schedule."""
    keys = ("generated_query_duration", "generated_query_count", "effective_target_qps")
    found = numbers(run, *keys, "effective_schedule_rng_seed")
    if found is None or found[2] <= 0:
        return None
    duration, count, rate, seed = found
    known = arrivals(int(seed), int(count))
    if known is None:
        return None
    low_rate, high_rate = six_digits(rate)
    # each gap is cut to whole nanoseconds
    cut = count / NS_PER_S
    low = (duration / NS_PER_S) * low_rate
    high = (duration / NS_PER_S + cut) * high_rate
    if low <= known[1] and high >= known[0]:
        return HOLDS
    seconds = tuple(mean / rate * NS_PER_S for mean in known)
    return f"{seconds[0]:.6g} to {seconds[1]:.6g} for {count} queries of this seed at this rate"


RELATIONS: tuple[Relation, ...] = (
    loaded_once,
    loaded_all,
    samples_twice,
    queries_twice,
    queries_enough,
    one_query,
    planned_duration,
    stream_queries,
    server_queries,
    server_arrivals,
)
