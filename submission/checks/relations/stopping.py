"""Late queries, early stopping, and what LoadGen concludes from a run.

Source: LoadGen, ``PerformanceSummary::EarlyStopping`` and what it logs of it.
"""

from __future__ import annotations

import re

from submission.checks.arithmetic import least_queries, over_latency_allowed
from submission.checks.relations.clocks import issued_ns
from submission.checks.relations.figures import QUERIES, SAMPLES, ladder
from submission.checks.relations.relation import (
    HOLDS,
    Ladder,
    LogFigures,
    Relation,
    numbers,
    relation,
)
from submission.loadgen.keys import PERCENTILES
from submission.policy import Policy
from submission.terms import NS_PER_MS, Scenario

ESTIMATE, LATE, WORDS, FLAGS = "PRF019", "LAT010", "LAT012", "PRF028"
SINGLE, MULTI = Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM
OFFLINE, SERVER = Scenario.OFFLINE, Scenario.SERVER
SHARES = {p: float(p) / 100 for p in PERCENTILES}
MULTI_SHARE = 0.99
"""LoadGen estimates MultiStream's percentile of a SingleStream run, whatever it was asked for."""

_NUMBER = r"(\d{1,19})"
SENTENCES = {
    "enough": re.compile(rf"Processed at least {_NUMBER} queries \({_NUMBER}\)"),
    "discarded": re.compile(rf"Would discard {_NUMBER} highest latency queries"),
    "few": re.compile(rf"Only processed {_NUMBER} queries"),
    "needed": re.compile(rf"Need to process at least {_NUMBER} queries"),
}


def times_tokens(run: LogFigures) -> bool:
    """Whether early stopping was computed from the latencies of tokens, which are not logged."""
    return run.values.get("requested_use_token_latencies") is True


def _estimate(key: str, share: float, scenario: Scenario, *, own: bool = True) -> Relation:
    names = QUERIES if scenario is MULTI else SAMPLES

    @relation(
        key,
        names[1].format("XX"),
        "result_query_count",
        words=f"the latency at the place of result_query_count that early stopping gives for"
        f" {share:g}: at least the percentiles before, at most those behind",
        rule=ESTIMATE,
        scenarios=(scenario,),
    )
    def test(run: LogFigures, policy: Policy) -> str | None:
        if times_tokens(run):
            return None
        found = numbers(run, key, "result_query_count")
        steps = None if found is None else ladder(run, names, found[1])
        if found is None or steps is None:
            return None
        estimate, queries = int(found[0]), int(found[1])
        asked = run.log.number("effective_target_latency_percentile") if own else share
        if asked is None:
            return None
        allowed = over_latency_allowed(queries, asked, policy.early_stopping_confidence)
        if allowed < 1:
            return None
        return _placed(estimate, queries - allowed, steps)

    return test


def _placed(estimate: int, place: int, steps: Ladder) -> str:
    """Whether a latency may stand at a place of the sorted row."""
    low = max(latency for _, other, latency in steps if other <= place)
    high = min((latency for _, other, latency in steps if other >= place), default=low)
    return HOLDS if low <= estimate <= high else f"{low} to {high} by the percentiles"


def _late(percentile: str) -> Relation:
    key = SAMPLES[1].format(percentile)

    @relation(
        "result_overlatency_query_count",
        key,
        "effective_target_latency_ns",
        words=f"as many as make {key} late, or leave it in time",
        rule=LATE,
        scenarios=(SERVER,),
    )
    def test(run: LogFigures, _policy: Policy) -> str | None:
        keys = ("result_overlatency_query_count", key, "effective_target_latency_ns")
        found = None if times_tokens(run) else numbers(run, *keys, "result_query_count")
        if found is None:
            return None
        late, latency, target, queries = map(int, found)
        behind = queries - int(queries * SHARES[percentile])
        if latency > target:
            return HOLDS if late >= behind else f"{behind} or more, as {key} is late"
        return HOLDS if late < behind else f"less than {behind}, as {key} is in time"

    return test


@relation(
    "result_overlatency_query_count",
    "result_max_latency_ns",
    "effective_target_latency_ns",
    words="none where result_max_latency_ns is in time, and all but one at most where"
    " result_min_latency_ns is",
    rule=LATE,
    scenarios=(SERVER,),
)
def late_ends(run: LogFigures, _policy: Policy) -> str | None:
    """The greatest and the least latency."""
    keys = ("result_overlatency_query_count", "result_query_count", "effective_target_latency_ns")
    ends = ("result_min_latency_ns", "result_max_latency_ns")
    found = None if times_tokens(run) else numbers(run, *keys, *ends)
    if found is None:
        return None
    late, queries, target, least, greatest = found
    low = queries if least > target else 1 if greatest > target else 0
    high = 0 if greatest <= target else queries - 1 if least <= target else queries
    return (
        HOLDS if low <= late <= high else f"{low} to {high} by the least and the greatest latency"
    )


@relation(
    "early_stopping_result",
    "result_query_count",
    "effective_target_latency_percentile",
    words="the numbers of its sentences: the queries, how many an estimate needs, and how many it"
    " leaves out",
    rule=WORDS,
    scenarios=(SINGLE, MULTI),
)
def stopping_words(run: LogFigures, policy: Policy) -> str | None:
    """LoadGen says in words how it came to its estimate."""
    text = run.log.text("early_stopping_result")
    found = numbers(run, "result_query_count", "effective_target_latency_percentile")
    if text is None or found is None or not 0 < found[1] < 1:
        return None
    queries, share = int(found[0]), float(found[1])
    confidence = policy.early_stopping_confidence
    enough = least_queries(share, confidence)
    discarded = over_latency_allowed(queries, share, confidence) - 1
    expected = {
        "enough": (enough, queries),
        "discarded": (discarded,),
        "few": (queries,),
        "needed": (enough,),
    }
    for name, figures in expected.items():
        stated = SENTENCES[name].search(text)
        if stated is not None and tuple(map(int, stated.groups())) != figures:
            return f"{', '.join(map(str, figures))} in {stated[0]!r}"
    return HOLDS


@relation(
    "result_validity",
    "result_min_duration_met",
    "result_min_queries_met",
    "early_stopping_met",
    "result_perf_constraints_met",
    words="VALID if, and only if, each flag is true",
    rule=FLAGS,
)
def validity(run: LogFigures, _policy: Policy) -> str | None:
    """LoadGen calls a run VALID if nothing was missed."""
    flags = ("result_min_duration_met", "result_min_queries_met", "early_stopping_met")
    met = [run.values.get(flag) for flag in flags]
    if run.scenario is SERVER:
        met.append(run.values.get("result_perf_constraints_met"))
    said = run.values.get("result_validity")
    if said not in ("VALID", "INVALID") or not all(isinstance(flag, bool) for flag in met):
        return None
    return HOLDS if (said == "VALID") is all(met) else "VALID" if all(met) else "INVALID"


@relation(
    "result_min_queries_met",
    "result_query_count",
    "effective_min_query_count",
    words="whether result_query_count is at least effective_min_query_count",
    rule=FLAGS,
)
def enough_met(run: LogFigures, _policy: Policy) -> str | None:
    """Whether there were enough queries."""
    met = run.values.get("result_min_queries_met")
    found = numbers(run, "result_query_count", "effective_min_query_count")
    if not isinstance(met, bool) or found is None:
        return None
    return HOLDS if met is (found[0] >= found[1]) else f"{found[0] >= found[1]}".lower()


@relation(
    "result_min_duration_met",
    "effective_min_duration_ms",
    words="whether the last query was issued (Server: scheduled; Offline: answered) after"
    " effective_min_duration_ms",
    rule=FLAGS,
    scenarios=(OFFLINE, SERVER, SINGLE),
)
def duration_met(run: LogFigures, _policy: Policy) -> str | None:
    """Whether the run was long enough."""
    met, asked = (
        run.values.get("result_min_duration_met"),
        numbers(run, "effective_min_duration_ms"),
    )
    span = _last_query_ns(run)
    if not isinstance(met, bool) or asked is None or span is None:
        return None
    least = asked[0] * NS_PER_MS
    if span[0] < least <= span[1]:
        return HOLDS
    return HOLDS if met is (span[0] >= least) else f"{span[0] >= least}".lower()


def _last_query_ns(run: LogFigures) -> tuple[float, float] | None:
    """Between which times LoadGen's measure of the duration lies."""
    if run.scenario is OFFLINE:
        found = numbers(run, "result_max_latency_ns")
        return None if found is None else (found[0], found[0])
    key = (
        "result_scheduled_samples_per_sec"
        if run.scenario is SERVER
        else "result_qps_with_loadgen_overhead"
    )
    found = numbers(run, "result_query_count", key)
    return None if found is None or found[1] <= 0 else issued_ns(*found)


RELATIONS: tuple[Relation, ...] = (
    _estimate("early_stopping_latency_ss", 0.9, SINGLE),
    _estimate("early_stopping_latency_ms", MULTI_SHARE, SINGLE, own=False),
    _estimate("early_stopping_latency_ms", MULTI_SHARE, MULTI),
    *map(_late, PERCENTILES),
    late_ends,
    stopping_words,
    validity,
    enough_met,
    duration_met,
)
