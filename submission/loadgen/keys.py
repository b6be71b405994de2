"""The keys of LoadGen's detail log that somebody asks for; all others are skipped."""

from __future__ import annotations

from collections.abc import Mapping

from submission.terms import Scenario

OFFLINE_RATE = "result_samples_per_second"
SCHEDULED_RATE = "result_scheduled_samples_per_sec"
COMPLETED_RATE = "result_completed_samples_per_sec"
RATES: Mapping[Scenario, str] = {
    Scenario.OFFLINE: OFFLINE_RATE,
    Scenario.SERVER: SCHEDULED_RATE,
}
"""The rate that counts in a scenario; the others are judged by a latency."""

SETTINGS = frozenset(
    f"effective_{name}"
    for name in (
        "accuracy_log_probability",
        "accuracy_log_rng_seed",
        "accuracy_log_sampling_target",
        "max_async_queries",
        "max_duration_ms",
        "max_query_count",
        "min_duration_ms",
        "min_query_count",
        "min_sample_count",
        "performance_issue_same",
        "performance_issue_same_index",
        "performance_issue_unique",
        "performance_sample_count",
        "print_timestamps",
        "qsl_rng_seed",
        "sample_index_rng_seed",
        "sample_concatenate_permutation",
        "samples_per_query",
        "scenario",
        "schedule_rng_seed",
        "target_duration_ms",
        "target_latency_ns",
        "target_latency_percentile",
        "target_qps",
        "test_mode",
    )
)

# What a run was asked for, before LoadGen makes its settings of it
REQUESTED = frozenset(
    f"requested_{name}"
    for name in (
        "accuracy_log_probability",
        "accuracy_log_rng_seed",
        "accuracy_log_sampling_target",
        "max_duration_ms",
        "max_query_count",
        "min_duration_ms",
        "min_query_count",
        "multi_stream_expected_latency_ns",
        "multi_stream_samples_per_query",
        "multi_stream_target_latency_percentile",
        "offline_expected_qps",
        "performance_issue_same",
        "performance_issue_same_index",
        "performance_issue_unique",
        "performance_sample_count_override",
        "print_timestamps",
        "qsl_rng_seed",
        "sample_concatenate_permutation",
        "sample_index_rng_seed",
        "scenario",
        "schedule_rng_seed",
        "server_coalesce_queries",
        "server_max_async_queries",
        "server_target_latency_ns",
        "server_target_latency_percentile",
        "server_target_qps",
        "server_tpot_latency",
        "server_ttft_latency",
        "single_stream_expected_latency_ns",
        "single_stream_target_latency_percentile",
        "test_mode",
    )
)


def percentile_key(percent: float) -> str:
    """The latency in ns below which ``percent`` of the samples lie."""
    return f"result_{percent:.2f}_percentile_latency_ns"


PERCENTILES = ("50.00", "90.00", "95.00", "97.00", "99.00", "99.90")

OUTCOMES = frozenset(
    [
        "early_stopping_latency_ms",
        "early_stopping_latency_ss",
        "early_stopping_met",
        "early_stopping_result",
        "early_stopping_tpot_result",
        "early_stopping_ttft_result",
        COMPLETED_RATE,
        "result_completed_tokens_per_second",
        "result_inferred_completed_tokens_per_second",
        "result_inferred_tokens_per_second",
        "result_tokens_per_second",
        "result_token_throughput",
        "result_token_throughput_with_loadgen_overhead",
        "result_invalid_reason",
        "result_max_latency_ns",
        "result_max_query_latency_ns",
        "result_mean_latency_ns",
        "result_mean_query_latency_ns",
        "result_min_duration_met",
        "result_min_latency_ns",
        "result_min_queries_met",
        "result_min_query_latency_ns",
        "result_overlatency_query_count",
        "result_perf_constraints_met",
        "result_qps_with_loadgen_overhead",
        "result_qps_without_loadgen_overhead",
        "result_query_count",
        OFFLINE_RATE,
        SCHEDULED_RATE,
        "result_validity",
        *(f"result_first_token_{word}_latency_ns" for word in ("min", "max", "mean")),
        *(f"result_first_token_{p}_percentile_latency_ns" for p in PERCENTILES),
        *(f"result_time_to_output_token_{word}" for word in ("min", "max", "mean")),
        *(f"result_time_per_output_token_{p}_percentile_ns" for p in PERCENTILES),
        *(f"result_{p}_percentile_latency_ns" for p in PERCENTILES),
        *(f"result_{p}_percentile_per_query_latency_ns" for p in PERCENTILES),
    ]
)

ORIGIN = frozenset(
    [
        "effective_accuracy_sample_count",
        "requested_use_token_latencies",
        "loadgen_git_commit_date",
        "loadgen_git_status_message",
        "loadgen_version",
        "qsl_reported_performance_count",
        "qsl_reported_total_count",
        "sut_name",
        "test_datetime",
    ]
)

ONCE = SETTINGS | REQUESTED | OUTCOMES | ORIGIN
"""Keys that a run logs once; a second one is worth a word."""

PER_CHUNK = frozenset(
    [
        "generated_query_count",
        "generated_query_duration",
        "generated_samples_per_query",
        "power_begin",
        "power_end",
    ]
)
"""Keys that an accuracy run logs for every part of the data set that it loads."""

BUILT = "loadgen_build_date_utc"
"""When LoadGen was built; only reviewers ask for it."""

WANTED = ONCE | PER_CHUNK | {BUILT}

FIRST_TIMED = "power_begin"
TIMED = frozenset(["generated_query_duration", FIRST_TIMED])
"""Keys whose own time stamps show how long the run took: it begins after the one, ends before the
other."""

WANTED_BYTES = {name.encode(): name for name in WANTED}
