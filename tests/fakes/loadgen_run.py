"""The figures of a run that never took place, as LoadGen would have logged them.

The figures of a run follow from each other as LoadGen's do (settings, counts, times, latencies,
early stopping), so that an edit of one of them shows.
"""

import datetime as dt
import hashlib
import math
from typing import Any

from submission.checks.arithmetic import least_queries, over_latency_allowed
from submission.policy import BenchmarkTerms, MetricTarget, Policy
from submission.terms import Scenario
from tests.fakes.arrivals import server_schedule

SECOND_NS = 1_000_000_000
OFFLINE_SECONDS = 601
BEGIN = dt.datetime(2023, 2, 20, 10, 0, 0)
PERCENTILES = ("50.00", "90.00", "95.00", "97.00", "99.00", "99.90")
Values = dict[str, Any]
EXPECTED_NS = {Scenario.SINGLE_STREAM: 1_250_000, Scenario.MULTI_STREAM: 3_600_000}
RATES = {Scenario.SERVER: 500, Scenario.OFFLINE: 1000}
# Mean latency of a query, and from the end of one to the beginning of the next
STREAMS = {Scenario.SINGLE_STREAM: (1_190_000, 10_000), Scenario.MULTI_STREAM: (3_500_000, 20_000)}


def run_values(
    policy: Policy,
    benchmark: str,
    scenario: Scenario,
    *,
    accuracy: bool = False,
    sut: str = "KitSUT",
    test: str = "",
    label: str = "",
    folder: Scenario | None = None,
) -> Values:
    """Key and value of every line of a detail log; ``label`` makes a run another run.

    ``scenario`` is what LoadGen runs, ``folder`` the result's where it is another one.
    """
    folder = folder or scenario
    terms = policy.benchmarks[benchmark]
    seeds = policy.seeds_of(test)
    number = int.from_bytes(hashlib.sha256(label.encode()).digest()[:2], "big")
    begin = BEGIN + dt.timedelta(seconds=number)
    size, total = terms.performance_samples(folder), terms.accuracy_samples(folder)
    total = total if accuracy else max(size, total)
    requested = _requested(policy, terms, scenario, accuracy=accuracy)
    requested |= seeds.by_key() | {"performance_sample_count_override": size}
    if scenario is Scenario.SERVER:
        requested |= {"server_target_latency_ns": terms.latency_bound_ns(folder) or 0}
    values: Values = {
        "loadgen_version": f"{policy.loadgen_versions[0]} @ f536725011",
        "loadgen_git_status_message": "",
        "loadgen_file_sha1": _sources(policy),
        "test_datetime": f"{begin:%Y-%m-%dT%H:%M:%SZ}",
        "sut_name": sut,
        "qsl_reported_total_count": total,
        "qsl_reported_performance_count": size,
        **{f"requested_{key}": value for key, value in requested.items()},
        **{f"effective_{key}": value for key, value in _effective(requested, size).items()},
        "loaded_qsl_set": _sets(total, size, scenario) if accuracy else _sets(size, size, scenario),
    }
    if terms.sample_concatenate_permutation and _logs_padding(policy):
        values |= {"effective_sample_concatenate_permutation": True}
        if scenario is Scenario.SINGLE_STREAM and not policy.loadgen_versions[0].startswith("4."):
            values |= _padded(values, size)
    if terms.uses_token_latencies:
        values |= {"requested_use_token_latencies": True}
    values |= _outcome(values, scenario)
    # no two runs are alike to the nanosecond
    values["result_min_latency_ns"] += number
    values |= _tokens(terms, values, folder)
    if accuracy:
        values = {key: value for key, value in values.items() if not key.startswith(OUTCOME)}
        values |= {"power_end": stamp(begin + dt.timedelta(seconds=30))}
    else:
        values["power_end"] = stamp(begin + dt.timedelta(milliseconds=values["power_end"]))
    return values | {"power_begin": stamp(begin)}


def _logs_padding(policy: Policy) -> bool:
    """Whether LoadGen of the round logs that samples are padded; it does from 4.1 on."""
    return tuple(map(int, policy.loadgen_versions[0].split("."))) >= (4, 1)


def _padded(values: Values, loaded: int) -> Values:
    """A stream issues whole copies of the loaded samples, for twice its duration at least."""
    rate, duration = values["effective_target_qps"], values["effective_min_duration_ms"]
    least = max(values["requested_min_query_count"], int(2 * duration / 1000 * rate))
    count = (least // loaded + 1) * loaded
    return {"effective_min_query_count": count, "effective_min_sample_count": count}


def _tokens(terms: BenchmarkTerms, values: Values, scenario: Scenario) -> Values:
    """Tokens a second, and their latencies, half of what is allowed."""
    limits = terms.token_limits.get(scenario)
    key = terms.result_keys.get(scenario, "")
    rates = ("result_completed_samples_per_sec", "result_samples_per_second")
    found: Values = {}
    for rate in [values[name] for name in rates if name in values and "_tokens_" in key]:
        found[key] = _six(tokens_per_sample(terms) * rate)
    if limits is not None:
        slow = values.get("result_99.00_percentile_latency_ns", limits.ttft_ns)
        found["result_first_token_99.00_percentile_latency_ns"] = min(limits.ttft_ns // 2, slow)
        found["result_time_per_output_token_99.00_percentile_ns"] = limits.tpot_ns // 2
    return found


def met_by(metric: MetricTarget) -> float:
    """A value that meets what is asked of a metric."""
    ends = [end for end in (metric.target, metric.upper_limit) if end is not None]
    if len(ends) > 1:
        return sum(ends) / 2
    return ends[0] * (0.9 if metric.target is None else 1.001)


def tokens_per_sample(terms: BenchmarkTerms) -> float:
    """How many tokens an answer has."""
    if terms.answer_tokens is not None:
        return terms.answer_tokens
    found = [met_by(metric) for metric in terms.metrics if metric.name == "TOKENS_PER_SAMPLE"]
    return 290 if terms.loadgen_model == "llama2-70b" or not found else round(found[0], 5)


def _sources(policy: Policy) -> dict[str, str]:
    """LoadGen's sources with their digests; of a version without a table one that is made up."""
    known = policy.loadgen_sources.get(policy.loadgen_versions[0], {"loadgen.cc": ("0" * 40,)})
    return {f"/{name}": digests[-1] for name, digests in known.items() if "" not in digests}


OUTCOME = ("result_", "early_stopping_")


def _requested(
    policy: Policy, terms: BenchmarkTerms, scenario: Scenario, *, accuracy: bool
) -> Values:
    """The settings of mlperf.conf and user.conf."""
    percentile = policy.percentile(scenario, terms)
    every: dict[Scenario, Values] = {
        Scenario.OFFLINE: {"offline_expected_qps": RATES[Scenario.OFFLINE]},
        Scenario.SERVER: {
            "server_target_qps": RATES[Scenario.SERVER],
            "server_target_latency_ns": terms.server_latency_bound_ns or 0,
            "server_target_latency_percentile": percentile,
            "server_coalesce_queries": False,
            "server_max_async_queries": 0,
        },
        Scenario.SINGLE_STREAM: {
            "single_stream_expected_latency_ns": float(EXPECTED_NS[Scenario.SINGLE_STREAM]),
            "single_stream_target_latency_percentile": percentile,
        },
        Scenario.MULTI_STREAM: {
            "multi_stream_expected_latency_ns": float(EXPECTED_NS[Scenario.MULTI_STREAM]),
            "multi_stream_target_latency_percentile": percentile,
            "multi_stream_samples_per_query": policy.multistream_samples_per_query,
        },
    }
    offline = scenario is Scenario.OFFLINE
    least = policy.offline_samples(terms) if offline else terms.min_query_count[scenario]
    return {
        "scenario": str(scenario),
        "test_mode": "AccuracyOnly" if accuracy else "PerformanceOnly",
        **every[scenario],
        "min_duration_ms": policy.min_duration(terms),
        "max_duration_ms": 0,
        "min_query_count": least,
        "max_query_count": 0,
        "accuracy_log_rng_seed": 0,
        "accuracy_log_probability": 0,
        "accuracy_log_sampling_target": 0,
        "print_timestamps": False,
        "performance_issue_unique": False,
        "performance_issue_same": False,
        "performance_issue_same_index": 0,
        "performance_sample_count_override": terms.performance_sample_count,
    }


SAME = (
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
)


def _effective(asked: Values, loaded: int) -> Values:
    """What LoadGen makes of the settings."""
    scenario = Scenario(asked["scenario"])
    offline, server = scenario is Scenario.OFFLINE, scenario is Scenario.SERVER
    rate = RATES[scenario] if scenario in RATES else _six(SECOND_NS / EXPECTED_NS[scenario])
    percentiles = [value for key, value in asked.items() if key.endswith("latency_percentile")]
    samples = asked.get("multi_stream_samples_per_query", 1)
    if offline:
        expected = int(1.1 * asked["min_duration_ms"] / 1000 * rate)
        samples = max(asked["min_query_count"], expected)
    least = 1 if offline else asked["min_query_count"]
    return {
        "scenario": asked["scenario"],
        "test_mode": asked["test_mode"],
        "samples_per_query": samples,
        "target_qps": rate,
        "target_latency_ns": asked.get("server_target_latency_ns", 0),
        "target_latency_percentile": (percentiles or [0.99])[0],
        "max_async_queries": 0 if server else 1,
        "target_duration_ms": 0 if offline else asked["min_duration_ms"],
        "min_duration_ms": asked["min_duration_ms"],
        "min_query_count": least,
        "min_sample_count": least * samples,
        **{key: asked[key] for key in SAME},
        "performance_sample_count": asked["performance_sample_count_override"] or loaded,
    }


def _sets(total: int, size: int, scenario: Scenario) -> list[int]:
    """How many samples each loaded set has."""
    padding = 7 if scenario is Scenario.MULTI_STREAM else 0
    return [min(size, total - first) + padding for first in range(0, total, size)]


def _outcome(values: Values, scenario: Scenario) -> Values:
    """The generated queries and the results; ``power_end`` in milliseconds after the begin."""
    if scenario is Scenario.OFFLINE:
        return _offline(values)
    return _server(values) if scenario is Scenario.SERVER else _stream(values, scenario)


def _verdict(values: Values, scenario: Scenario) -> Values:
    constraints = {"result_perf_constraints_met": True} if scenario is Scenario.SERVER else {}
    return {
        "result_validity": "VALID",
        **constraints,
        "result_min_duration_met": True,
        "result_min_queries_met": True,
        "early_stopping_met": True,
    }


def _offline(values: Values) -> Values:
    samples = values["effective_samples_per_query"]
    if values.get("effective_sample_concatenate_permutation"):
        loaded = values["effective_performance_sample_count"]
        samples = -(-samples // loaded) * loaded
    greatest = OFFLINE_SECONDS * SECOND_NS
    return {
        "generated_query_count": 1,
        "generated_samples_per_query": samples,
        "generated_query_duration": SECOND_NS // RATES[Scenario.OFFLINE],
        "power_end": OFFLINE_SECONDS * 1000,
        **_verdict(values, Scenario.OFFLINE),
        "early_stopping_result": "",
        "result_query_count": 1,
        "result_samples_per_second": _six(samples / OFFLINE_SECONDS),
        **_latencies(
            2 * SECOND_NS,
            [int(greatest * float(p) / 100) for p in PERCENTILES],
            greatest,
            300 * SECOND_NS,
        ),
    }


def _server(values: Values) -> Values:
    rate, bound = values["effective_target_qps"], values["effective_target_latency_ns"]
    greatest = 140_000_000
    queries, last, gaps = server_schedule(
        values["effective_schedule_rng_seed"],
        rate,
        values["effective_min_duration_ms"],
        values["effective_min_query_count"],
    )
    return {
        "generated_query_count": queries,
        "generated_samples_per_query": 1,
        "generated_query_duration": gaps,
        "power_end": math.floor(last * 1000 + 6),
        **_verdict(values, Scenario.SERVER),
        "early_stopping_result": " * Run successful.",
        "result_query_count": queries,
        "result_overlatency_query_count": 150 if greatest > bound else 0,
        "result_scheduled_samples_per_sec": _six((queries - 1) / last),
        "result_completed_samples_per_sec": _six((queries - 1) / (last + 0.005)),
        **_steps(2_000_000, 5_000_000, 9_000_000, greatest),
    }


def _stream(values: Values, scenario: Scenario) -> Values:
    mean, overhead = STREAMS[scenario]
    single = scenario is Scenario.SINGLE_STREAM
    duration_ns = values["effective_min_duration_ms"] * 1_000_000
    least = values["effective_min_query_count"]
    queries = max(least, math.ceil(duration_ns / (mean + overhead)) + 1)
    issued = (queries - 1) * (mean + overhead)
    period = EXPECTED_NS[scenario]
    generated = max(least, math.ceil(2 * duration_ns / period) + 1)
    figures = _steps(mean - mean // 6, mean, mean + mean // 10, 2 * mean)
    share = values["effective_target_latency_percentile"]
    estimates = {"early_stopping_latency_ms": figures[f"result_{_at(0.99)}"] + 500}
    if single:
        estimates |= {"early_stopping_latency_ss": figures[f"result_{_at(share)}"] + 500}
    return {
        "generated_query_count": generated,
        "generated_samples_per_query": values["effective_samples_per_query"],
        "generated_query_duration": generated * period,
        "power_end": math.ceil((issued + mean) / 1_000_000),
        **_verdict(values, scenario),
        "early_stopping_result": _stopping(queries, share, estimates),
        "result_query_count": queries,
        **(_rates(queries, issued, mean) if single else _per_query(figures)),
        **estimates,
        **figures,
    }


def _at(share: float) -> str:
    return f"{100 * share:.2f}_percentile_latency_ns"


def _rates(queries: int, issued: int, mean: int) -> Values:
    return {
        "result_qps_with_loadgen_overhead": _six((queries - 1) * SECOND_NS / issued),
        "result_qps_without_loadgen_overhead": _six(SECOND_NS / mean),
    }


def _per_query(figures: Values) -> Values:
    return {
        key.replace("_latency_ns", "_query_latency_ns").replace(
            "percentile_query", "percentile_per_query"
        ): value
        for key, value in figures.items()
    }


def _stopping(queries: int, share: float, estimates: Values) -> str:
    """LoadGen's words on early stopping."""
    discarded = over_latency_allowed(queries, share, 0.99) - 1
    words = [
        f"Processed at least {least_queries(share, 0.99)} queries ({queries}).",
        f"Would discard {discarded} highest latency queries.",
    ]
    names = {"early_stopping_latency_ss": f"{100 * share:.0f}", "early_stopping_latency_ms": "99"}
    words += [
        f"Early stopping {percent}th percentile estimate: {estimates[key]}"
        for key, percent in names.items()
        if key in estimates
    ]
    return " ".join(f" * {word}" for word in words)


def _steps(least: int, mean: int, high: int, greatest: int) -> Values:
    steps = [mean - 1000, mean + 5000, mean + 6000, mean + 7000, high, high + 1000]
    return _latencies(least, steps, greatest, mean)


def _latencies(least: int, steps: list[int], greatest: int, mean: int) -> Values:
    return {
        "result_min_latency_ns": least,
        "result_max_latency_ns": greatest,
        "result_mean_latency_ns": mean,
        **{f"result_{p}_percentile_latency_ns": v for p, v in zip(PERCENTILES, steps, strict=True)},
    }


def stamp(time: dt.datetime) -> str:
    return f"{time:%m-%d-%Y %H:%M:%S}.{time.microsecond // 1000:03d}"


def later(reported: str, seconds: float) -> str:
    """A stamp that is so much later than another."""
    time = dt.datetime.strptime(reported, "%m-%d-%Y %H:%M:%S.%f") + dt.timedelta(seconds=seconds)
    return stamp(time)


def _six(value: float) -> float:
    """As C++ streams print a double."""
    return float(f"{value:.6g}")
