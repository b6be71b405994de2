"""LoadGen's settings: what is in effect follows from what was requested.

Source: LoadGen, ``TestSettingsInternal``.
"""

from __future__ import annotations

from submission.checks.arithmetic import six_digits
from submission.checks.relations.relation import (
    HOLDS,
    LogFigures,
    Quick,
    Relation,
    RunPart,
    numbers,
    relation,
)
from submission.loadgen.counts import OFFLINE_SLACK
from submission.policy import Policy
from submission.terms import NS_PER_S, Scenario

REQUESTED, DERIVED = "LOG021", "LOG022"
SINGLE, MULTI = Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM
OFFLINE, SERVER = Scenario.OFFLINE, Scenario.SERVER
SAME = (
    "scenario",
    "test_mode",
    "min_duration_ms",
    "max_duration_ms",
    "max_query_count",
    "qsl_rng_seed",
    "sample_index_rng_seed",
    "schedule_rng_seed",
    "accuracy_log_rng_seed",
    "accuracy_log_probability",
    "accuracy_log_sampling_target",
    "print_timestamps",
    "performance_issue_unique",
    "performance_issue_same",
    "performance_issue_same_index",
    "sample_concatenate_permutation",
)
# Setting in effect, what was requested, in which scenario
OWN = (
    ("target_qps", "server_target_qps", SERVER),
    ("target_qps", "offline_expected_qps", OFFLINE),
    ("target_latency_ns", "server_target_latency_ns", SERVER),
    ("target_latency_percentile", "server_target_latency_percentile", SERVER),
    ("target_latency_percentile", "single_stream_target_latency_percentile", SINGLE),
    ("target_latency_percentile", "multi_stream_target_latency_percentile", MULTI),
    ("max_async_queries", "server_max_async_queries", SERVER),
    ("samples_per_query", "multi_stream_samples_per_query", MULTI),
)
# Settings that do not depend on any request, by scenario
FIXED: tuple[tuple[str, float, tuple[Scenario, ...]], ...] = (
    ("target_latency_ns", 0, (SINGLE, MULTI, OFFLINE)),
    ("max_async_queries", 1, (SINGLE, MULTI, OFFLINE)),
    ("target_latency_percentile", 0.99, (OFFLINE,)),
    ("samples_per_query", 1, (SINGLE, SERVER)),
    ("min_query_count", 1, (OFFLINE,)),
    ("target_duration_ms", 0, (OFFLINE,)),
)
STREAM_SLACK = 2.0
"""In a padded SingleStream run LoadGen expects this multiple of its duration's queries."""


def _same(effective: str, requested: str, scenarios: tuple[Scenario, ...]) -> Relation:
    keys = f"effective_{effective}", f"requested_{requested}"

    @relation(
        *keys,
        words=f"= {keys[1]}",
        rule=REQUESTED,
        scenarios=scenarios,
        part=RunPart.ANY,
        quick=Quick.EQUAL,
    )
    def test(run: LogFigures, _policy: Policy) -> str | None:
        values = run.values
        if keys[0] not in values or keys[1] not in values:
            return None
        return (
            HOLDS if values[keys[0]] == values[keys[1]] else f"{values[keys[1]]!r} as in {keys[1]}"
        )

    return test


def _fixed(name: str, value: float, scenarios: tuple[Scenario, ...]) -> Relation:
    key = f"effective_{name}"

    @relation(key, words=f"= {value}", rule=DERIVED, scenarios=scenarios, part=RunPart.ANY)
    def test(run: LogFigures, _policy: Policy) -> str | None:
        found = numbers(run, key)
        return None if found is None else (HOLDS if found[0] == value else f"{value}")

    return test


@relation(
    "effective_target_qps",
    "requested_single_stream_expected_latency_ns",
    words="= 1e9 / requested_single_stream_expected_latency_ns",
    rule=DERIVED,
    scenarios=(SINGLE,),
    part=RunPart.ANY,
)
def single_stream_rate(run: LogFigures, _policy: Policy) -> str | None:
    """The rate of SingleStream."""
    return _rate(run, "requested_single_stream_expected_latency_ns")


@relation(
    "effective_target_qps",
    "requested_multi_stream_expected_latency_ns",
    words="= 1e9 / requested_multi_stream_expected_latency_ns",
    rule=DERIVED,
    scenarios=(MULTI,),
    part=RunPart.ANY,
)
def multi_stream_rate(run: LogFigures, _policy: Policy) -> str | None:
    """The rate of MultiStream."""
    return _rate(run, "requested_multi_stream_expected_latency_ns")


def _rate(run: LogFigures, requested: str) -> str | None:
    found = numbers(run, "effective_target_qps", requested)
    if found is None or found[1] <= 0:
        return None
    (low, high), (least, most) = six_digits(found[0]), six_digits(found[1])
    holds = NS_PER_S / most <= high and NS_PER_S / least >= low
    return HOLDS if holds else f"{NS_PER_S / found[1]:.6g}, 1e9 / {requested}"


@relation(
    "effective_target_duration_ms",
    "effective_min_duration_ms",
    words="= effective_min_duration_ms",
    rule=DERIVED,
    scenarios=(SINGLE, MULTI, SERVER),
    part=RunPart.ANY,
)
def target_duration(run: LogFigures, _policy: Policy) -> str | None:
    """How long queries are issued."""
    found = numbers(run, "effective_target_duration_ms", "effective_min_duration_ms")
    if found is None:
        return None
    return HOLDS if found[0] == found[1] else f"{found[1]} as in effective_min_duration_ms"


@relation(
    "effective_min_query_count",
    "requested_min_query_count",
    words="= requested_min_query_count; where samples are padded, in SingleStream, the next"
    " multiple of qsl_reported_performance_count above it and above 2 · duration · target_qps",
    rule=DERIVED,
    scenarios=(SINGLE, MULTI, SERVER),
    part=RunPart.ANY,
)
def least_queries(run: LogFigures, _policy: Policy) -> str | None:
    """The least count of queries."""
    found = numbers(run, "effective_min_query_count", "requested_min_query_count")
    if found is None:
        return None
    may, must = pads(run)
    if run.scenario is SINGLE and may:
        padded = _padded_stream(run, *found)
        if padded is None or padded:
            return HOLDS if padded else None
        if must:
            return "a multiple of the loaded samples above what was requested"
    return HOLDS if found[0] == found[1] else f"{found[1]} as in requested_min_query_count"


def _padded_stream(run: LogFigures, count: float, requested: float) -> bool | None:
    keys = ("effective_target_qps", "effective_min_duration_ms", "qsl_reported_performance_count")
    found = numbers(run, *keys)
    if found is None or found[2] <= 0:
        return None
    rate, duration_ms, loaded = found
    low, high = (int(STREAM_SLACK * duration_ms / 1000 * q) for q in six_digits(rate))
    # the count is the next multiple above some count from least to most
    least, most = max(requested, low), max(requested, high)
    return count % loaded == 0 and least <= count - 1 and most >= count - loaded


PADS_LATE = "4."
"""LoadGen 4.1 logs the setting, and how many samples are generated before they are padded."""


def pads(run: LogFigures) -> tuple[bool, bool]:
    """Whether LoadGen may pad a run to whole copies of the loaded samples, and whether it must.

    LoadGen logs the setting from 4.1 on; before, the round's mlperf.conf alone says it.
    """
    logged = run.values.get("effective_sample_concatenate_permutation")
    if isinstance(logged, bool):
        version = run.log.text("loadgen_version") or ""
        return logged, logged and not version.startswith(PADS_LATE)
    terms = run.terms
    return terms is not None and terms.sample_concatenate_permutation, False


@relation(
    "effective_samples_per_query",
    "requested_min_query_count",
    "effective_min_duration_ms",
    "effective_target_qps",
    words="= max(requested_min_query_count, 1.1 · effective_min_duration_ms / 1000 ·"
    " effective_target_qps), or effective_performance_sample_count where all samples are issued"
    " once",
    rule=DERIVED,
    scenarios=(OFFLINE,),
    part=RunPart.ANY,
)
def offline_samples(run: LogFigures, _policy: Policy) -> str | None:
    """The samples of Offline's query."""
    keys = ("samples_per_query", "min_duration_ms", "target_qps", "performance_sample_count")
    found = numbers(run, *(f"effective_{key}" for key in keys), "requested_min_query_count")
    if found is None:
        return None
    samples, duration_ms, rate, loaded, asked = found
    if issues_one_set(run) and samples == loaded:
        return HOLDS
    low, high = (
        max(asked, int(OFFLINE_SLACK * (duration_ms / 1000) * q)) for q in six_digits(rate)
    )
    return HOLDS if low - 1 <= samples <= high + 1 else f"{low} to {high} by its duration and rate"


def issues_one_set(run: LogFigures) -> bool:
    """Whether a run issues each loaded sample once, or one of them as often (TEST04)."""
    names = ("effective_performance_issue_unique", "effective_performance_issue_same")
    return any(run.values.get(name) is True for name in names)


@relation(
    "effective_min_sample_count",
    "effective_min_query_count",
    "effective_samples_per_query",
    words="= effective_min_query_count · effective_samples_per_query",
    rule=DERIVED,
    part=RunPart.ANY,
)
def least_samples(run: LogFigures, _policy: Policy) -> str | None:
    """The least count of samples."""
    keys = ("min_sample_count", "min_query_count", "samples_per_query")
    found = numbers(run, *(f"effective_{key}" for key in keys))
    if found is None:
        return None
    expected = found[1] * found[2]
    return HOLDS if found[0] == expected else f"{expected}, {keys[1]} times {keys[2]}"


@relation(
    "effective_performance_sample_count",
    "requested_performance_sample_count_override",
    "qsl_reported_performance_count",
    words="= requested_performance_sample_count_override, or qsl_reported_performance_count where"
    " that is 0",
    rule=DERIVED,
    part=RunPart.ANY,
)
def performance_samples(run: LogFigures, _policy: Policy) -> str | None:
    """How many samples are loaded at once."""
    found = numbers(
        run,
        "effective_performance_sample_count",
        "requested_performance_sample_count_override",
        "qsl_reported_performance_count",
    )
    if found is None:
        return None
    expected = found[1] or found[2]
    return HOLDS if found[0] == expected else f"{expected} as requested, or as the QSL reports it"


RELATIONS: tuple[Relation, ...] = (
    *(_same(name, name, tuple(Scenario)) for name in SAME),
    *(_same(effective, requested, (scenario,)) for effective, requested, scenario in OWN),
    *(_fixed(name, value, scenarios) for name, value, scenarios in FIXED),
    single_stream_rate,
    multi_stream_rate,
    target_duration,
    least_queries,
    offline_samples,
    least_samples,
    performance_samples,
)
