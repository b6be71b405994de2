"""How long a run took: the latencies, the stamps for the power analyzer, the log's own times.

LoadGen reads the wall clock once, at the start, and adds the time of its own clock up to the last
answer: ``power_end - power_begin`` is that time, cut to milliseconds, whatever becomes of the wall
clock. Source: LoadGen, ``IssueQueries`` and ``PerformanceSummary``.
"""

from __future__ import annotations

from submission.checks.arithmetic import six_digits
from submission.checks.relations.relation import HOLDS, LogFigures, Relation, numbers, relation
from submission.loadgen import QUARTER_S
from submission.policy import Policy
from submission.terms import NS_PER_MS, NS_PER_S, Scenario

SPAN, WITHIN, FILLED, STAMPS, TAIL, ENDED, BEGUN = (
    "PRF024",
    "PRF026",
    "PRF027",
    "LOG026",
    "LOG027",
    "PRF029",
    "LOG031",
)
SINGLE, MULTI = Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM
OFFLINE, SERVER = Scenario.OFFLINE, Scenario.SERVER
# Stamps are cut to milliseconds
CUT_NS = NS_PER_MS
RATE = "result_qps_with_loadgen_overhead"
MEAN_KEYS = {SINGLE: "result_mean_latency_ns", MULTI: "result_mean_query_latency_ns"}
"""The mean latency of a query, of which LoadGen issues one after the other."""


def span_ns(run: LogFigures) -> float | None:
    """From the start of the run to its last answer, up to a millisecond more."""
    span = run.span_ms
    return None if span is None else span * NS_PER_MS


def issued_ns(queries: float, rate: float) -> tuple[float, float]:
    """When the last query of some was issued or answered, by their rate with six digits."""
    low, high = six_digits(rate)
    return (queries - 1) / high * NS_PER_S, (queries - 1) / low * NS_PER_S


@relation(
    "power_end",
    "power_begin",
    "result_max_latency_ns",
    words="= power_begin + result_max_latency_ns",
    rule=SPAN,
    scenarios=(OFFLINE,),
)
def offline_span(run: LogFigures, _policy: Policy) -> str | None:
    """Offline ends with its slowest sample."""
    span, found = span_ns(run), numbers(run, "result_max_latency_ns")
    if span is None or found is None:
        return None
    holds = abs(span - found[0]) <= CUT_NS
    return HOLDS if holds else f"{_ms(found[0])} after power_begin, the greatest latency"


@relation(
    "power_end",
    "power_begin",
    "result_scheduled_samples_per_sec",
    "result_completed_samples_per_sec",
    "result_max_latency_ns",
    words="not before the last query was answered, nor later than its schedule and the greatest"
    " latency",
    rule=SPAN,
    scenarios=(SERVER,),
)
def server_span(run: LogFigures, _policy: Policy) -> str | None:
    """Server ends with the last answer, which is not always that of the last query."""
    keys = ("scheduled_samples_per_sec", "completed_samples_per_sec", "max_latency_ns")
    found = numbers(run, "result_query_count", *(f"result_{key}" for key in keys))
    span = span_ns(run)
    if span is None or found is None or min(found) <= 0:
        return None
    queries, scheduled, completed, longest = found
    first, last = issued_ns(queries, completed)[0], issued_ns(queries, scheduled)[1] + longest
    holds = first - CUT_NS <= span <= last + CUT_NS
    return HOLDS if holds else f"{_ms(first)} to {_ms(last)} after power_begin"


@relation(
    "result_completed_samples_per_sec",
    "result_scheduled_samples_per_sec",
    "result_min_latency_ns",
    "result_max_latency_ns",
    words="the last query is answered between the least and the greatest latency after its"
    " schedule",
    rule=WITHIN,
    scenarios=(SERVER,),
)
def server_completed(run: LogFigures, _policy: Policy) -> str | None:
    """Both rates are of the last query."""
    keys = ("completed_samples_per_sec", "scheduled_samples_per_sec", "min_latency_ns")
    found = numbers(
        run, "result_query_count", *(f"result_{key}" for key in keys), "result_max_latency_ns"
    )
    if found is None or min(found[:3]) <= 0:
        return None
    queries, completed, scheduled, least, greatest = found
    answered, issued = issued_ns(queries, completed), issued_ns(queries, scheduled)
    holds = answered[1] - issued[0] >= least - 1000 and answered[0] - issued[1] <= greatest + 1000
    first = (queries - 1) * NS_PER_S / (issued[1] + greatest)
    last = (queries - 1) * NS_PER_S / (issued[0] + least)
    return HOLDS if holds else f"{first:.6g} to {last:.6g}"


@relation(
    "power_end",
    "power_begin",
    RATE,
    "result_min_latency_ns",
    "result_max_latency_ns",
    words="the last query's latency after it was issued, (queries - 1) / result_qps_with...",
    rule=SPAN,
    scenarios=(SINGLE,),
)
def stream_span(run: LogFigures, _policy: Policy) -> str | None:
    """SingleStream ends with the answer of its last query."""
    found = numbers(
        run, "result_query_count", RATE, "result_min_latency_ns", "result_max_latency_ns"
    )
    span = span_ns(run)
    if span is None or found is None or found[1] <= 0:
        return None
    low, high = issued_ns(found[0], found[1])
    first, last = low + found[2], high + found[3]
    return (
        HOLDS
        if first - CUT_NS <= span <= last + CUT_NS
        else f"{_ms(first)} to {_ms(last)} after power_begin"
    )


@relation(
    "result_mean_latency_ns",
    "result_query_count",
    "power_begin",
    "power_end",
    words="result_query_count · result_mean_latency_ns is at most power_end - power_begin",
    rule=WITHIN,
    scenarios=(SINGLE,),
)
def stream_sum(run: LogFigures, _policy: Policy) -> str | None:
    """One query at a time."""
    return _sum_within(run, "result_mean_latency_ns")


@relation(
    "result_mean_query_latency_ns",
    "result_query_count",
    "power_begin",
    "power_end",
    words="result_query_count · result_mean_query_latency_ns is at most power_end - power_begin",
    rule=WITHIN,
    scenarios=(MULTI,),
)
def multi_sum(run: LogFigures, _policy: Policy) -> str | None:
    """One query of eight samples at a time."""
    return _sum_within(run, "result_mean_query_latency_ns")


def _sum_within(run: LogFigures, mean: str) -> str | None:
    found, span = numbers(run, mean, "result_query_count"), span_ns(run)
    if found is None or span is None or found[1] < 1:
        return None
    holds = found[0] * found[1] <= span + CUT_NS
    return HOLDS if holds else f"at most {span / found[1]:.0f}, for all queries take {_ms(span)}"


@relation(
    "result_mean_latency_ns",
    "result_query_count",
    "power_begin",
    "power_end",
    words="result_query_count · result_mean_latency_ns is most of power_end - power_begin",
    rule=FILLED,
    scenarios=(SINGLE,),
)
def stream_filled(run: LogFigures, policy: Policy) -> str | None:
    """LoadGen issues the next query at once."""
    return _filled(run, policy, MEAN_KEYS[SINGLE])


@relation(
    "result_mean_query_latency_ns",
    "result_query_count",
    "power_begin",
    "power_end",
    words="result_query_count · result_mean_query_latency_ns is most of power_end - power_begin",
    rule=FILLED,
    scenarios=(MULTI,),
)
def multi_filled(run: LogFigures, policy: Policy) -> str | None:
    """LoadGen issues the next query at once."""
    return _filled(run, policy, MEAN_KEYS[MULTI])


def _filled(run: LogFigures, policy: Policy, mean: str) -> str | None:
    found, span = numbers(run, mean, "result_query_count"), span_ns(run)
    if found is None or span is None or found[1] < 1:
        return None
    within = policy.tolerances
    least = within.stream_filled * span / found[1] - within.stream_gap_ns
    return HOLDS if found[0] >= least else f"{least:.0f} or more, for the queries took {_ms(span)}"


@relation(
    "result_query_count",
    "effective_min_query_count",
    "effective_min_duration_ms",
    "power_end",
    words="a stream ends with the first query that is issued after effective_min_duration_ms, from"
    " effective_min_query_count on",
    rule=ENDED,
    scenarios=(SINGLE, MULTI),
)
def stream_ends(run: LogFigures, policy: Policy) -> str | None:
    """More queries than asked for are only issued for the duration's sake."""
    longest = "result_max_latency_ns" if run.scenario is SINGLE else "result_max_query_latency_ns"
    keys = ("effective_min_query_count", "effective_min_duration_ms", longest)
    found, span = numbers(run, "result_query_count", *keys), span_ns(run)
    if found is None or span is None:
        return None
    queries, least, asked_ms, latency = found
    latest = asked_ms * NS_PER_MS * (1 + policy.tolerances.stream_end) + 2 * latency
    return (
        HOLDS
        if queries <= least or span <= latest
        else f"no more than by {_ms(latest)}, the run took {_ms(span)}"
    )


@relation(
    "power_end",
    "power_begin",
    words="power_end - power_begin is at most the time between the log's own lines before and after"
    " the run (time_ms)",
    rule=STAMPS,
)
def within_stamps(run: LogFigures, _policy: Policy) -> str | None:
    """The log's lines carry times of their own."""
    span, own = run.span_ms, stamped_ms(run)
    if span is None or own is None:
        return None
    if span <= own + 2:
        return HOLDS
    return f"at most {own:.0f} ms after power_begin, by the log's own time stamps"


@relation(
    "power_end",
    "power_begin",
    words="power_end - power_begin is nearly all of the time between the log's own lines before and"
    " after the run (time_ms)",
    rule=TAIL,
)
def fills_stamps(run: LogFigures, policy: Policy) -> str | None:
    """Between the last answer and its next lines LoadGen only sorts and logs."""
    span, own = run.span_ms, stamped_ms(run)
    counts = numbers(run, "result_query_count", "generated_samples_per_query")
    if span is None or own is None or counts is None:
        return None
    within = policy.tolerances
    tail = within.log_tail_ms + within.log_tail_ms_per_sample * counts[0] * counts[1]
    least = own - min(tail, within.log_tail_most_ms)
    return HOLDS if span >= least else f"about {own:.0f} ms, by the log's own time stamps"


@relation(
    "power_begin",
    "test_datetime",
    words="= test_datetime and the time until the log's own line before the run (time_ms), but for"
    " the second that is cut off and the time zone",
    rule=BEGUN,
)
def begun(run: LogFigures, policy: Policy) -> str | None:
    """LoadGen logs the date when it starts, and begins the run when its queries are made."""
    date, begin = (past_quarter_s(run.log.text(k)) for k in ("test_datetime", "power_begin"))
    stamped = run.log.times.get("generated_query_duration")
    if date is None or begin is None or stamped is None:
        return None
    late = (begin - date - stamped / 1000 + 1) % QUARTER_S - 1
    if late <= policy.tolerances.begin_s:
        return HOLDS
    return f"{stamped / 1000:.0f} s after test_datetime, whatever the time zone"


def past_quarter_s(text: str | None) -> float | None:
    """Seconds since the last quarter of an hour, of a date as LoadGen writes both.

    Time zones differ by quarters of an hour: what is in one log may be of two of them.
    """
    if text is None or len(text) < len("MM-DD-YYYY HH:MM:SS"):
        return None
    try:
        return (int(text[14:16]) * 60 + float(text[17:].rstrip("Z"))) % QUARTER_S
    except ValueError:
        return None


def stamped_ms(run: LogFigures) -> float | None:
    """How long the run took by the time stamps of the log's lines."""
    times = run.log.times
    begin, end = times.get("generated_query_duration"), times.get("power_begin")
    return None if begin is None or end is None else end - begin


def _ms(time_ns: float) -> str:
    return f"{time_ns / NS_PER_MS:.0f} ms"


RELATIONS: tuple[Relation, ...] = (
    offline_span,
    server_span,
    server_completed,
    stream_span,
    stream_sum,
    multi_sum,
    stream_filled,
    multi_filled,
    stream_ends,
    within_stamps,
    fills_stamps,
    begun,
)
