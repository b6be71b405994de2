"""The keys of mlperf.conf and user.conf."""

from __future__ import annotations

# The keys that LoadGen of any round looks up
KEYS = frozenset(
    [
        "accuracy_log_probability",
        "accuracy_log_rng_seed",
        "accuracy_log_sampling_target",
        "accuracy_sample_count_override",
        "coalesce_queries",
        "infer_token_latencies",
        "max_async_queries",
        "max_duration",
        "max_query_count",
        "min_duration",
        "min_query_count",
        "mode",
        "performance_issue_same",
        "performance_issue_same_index",
        "performance_issue_unique",
        "performance_sample_count_override",
        "print_timestamps",
        "qsl_rng_seed",
        "sample_concatenate_permutation",
        "sample_index_rng_seed",
        "samples_per_query",
        "schedule_rng_seed",
        "target_latency",
        "target_latency_percentile",
        "target_qps",
        "test05",
        "test05_qsl_rng_seed",
        "test05_sample_index_rng_seed",
        "test05_schedule_rng_seed",
        "token_latency_scaling_factor",
        "tpot_latency",
        "ttft_latency",
        "use_token_latencies",
    ]
)
# Read with strtod; every other key with strtoull, which stops at a dot or an exponent
REAL_KEYS = frozenset(
    [
        "accuracy_log_probability",
        "target_latency_percentile",
        "target_qps",
        "token_latency_scaling_factor",
    ]
)
