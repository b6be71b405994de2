"""The numbers of a round that a rule compares with, for ``check --explain``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from submission.policy import Policy, load_policy, rounds

# of the round, and of benchmarks that have their own
DURATIONS = ("min_duration_ms", "benchmarks.*.min_duration_ms")
BOUNDS = ("benchmarks.*.server_latency_bound_ns", "benchmarks.*.interactive_latency_bound_ns")
PERCENTILES = (
    "scenarios.*.target_latency_percentile",
    "benchmarks.*.target_latency_percentiles",
)

#: rule -> fields of the policy; ``*`` stands for every benchmark, scenario or metric
THRESHOLDS: Mapping[str, tuple[str, ...]] = {
    "ACC007": ("benchmarks.*.main_metric.target",),
    "ACC011": ("accuracy_log.max_bytes",),
    "ACC012": ("accuracy_log.truncated_bytes",),
    "ACC016": (
        "benchmarks.*.accuracy_sample_count",
        "benchmarks.*.sample_counts",
        "benchmarks.*.open_sample_counts",
    ),
    "ACC020": ("tolerances.accuracy_parts",),
    "ACC023": ("accuracy_log.truncated_bytes",),
    "ACC026": ("tolerances.tokens",),
    "ACC029": ("tolerances.accuracy_rounded",),
    "CMP006": ("benchmarks.*.test01_tolerance_percent",),
    "CMP016": ("compliance.*.score_tolerance",),
    "CMP025": ("tolerances.test_tokens",),
    "CMP026": ("tolerances.stream_differs", "tolerances.tail_differs_ms"),
    "LAT003": BOUNDS,
    "LAT004": PERCENTILES,
    "LAT006": BOUNDS,
    "LAT007": PERCENTILES,
    "LAT009": ("early_stopping_confidence",),
    "LAT015": PERCENTILES,
    "LOG014": ("loadgen_versions",),
    "MEA023": ("placeholder_readme_characters",),
    "MEA026": ("notable_load_share",),
    "PRF006": ("benchmarks.*.performance_sample_count", "benchmarks.*.sample_counts"),
    "PRF007": (
        "seeds.qsl_rng_seed",
        "seeds.sample_index_rng_seed",
        "seeds.schedule_rng_seed",
    ),
    "PRF008": DURATIONS,
    "PRF009": (*DURATIONS, "tolerances.clock"),
    "PRF010": ("offline_min_samples", "benchmarks.*.offline_min_samples"),
    "PRF013": ("multistream_samples_per_query",),
    "PRF025": (*DURATIONS, "tolerances.clock"),
    "PRF027": ("tolerances.stream_filled", "tolerances.stream_gap_ns"),
    "PRF029": ("tolerances.stream_end",),
    "PRF032": ("tolerances.token_latencies",),
    "PRF033": ("benchmarks.*.answer_tokens", "tolerances.answer_tokens"),
    "PWR014": ("tolerances.power_unmeasured",),
    "PWR015": ("tolerances.power_samples",),
    "PWR018": ("tolerances.power_factors",),
    "PWR020": ("tolerances.power_stated", "tolerances.power_stated_samples"),
    "PWR021": ("tolerances.power_range",),
    "PWR022": ("tolerances.power_again", "tolerances.volts_again"),
    "PWR023": ("tolerances.power_phase_s",),
    "PWR024": ("tolerances.power_phase_s",),
    "SYS008": ("statuses",),
    "TRE012": ("max_file_bytes",),
}


def threshold_lines(rule_id: str) -> list[str]:
    """``min_duration_ms: 600000 (FIRST to LAST)`` for every number of a rule, in every round."""
    policies = [(name, load_policy(name)) for name in reversed(rounds())]
    return [line for field in THRESHOLDS.get(rule_id, ()) for line in _lines(field, policies)]


def _lines(field: str, policies: list[tuple[str, Policy]]) -> Iterator[str]:
    by_round = [(name, dict(values(policy, field))) for name, policy in policies]
    for each in dict.fromkeys(key for _, found in by_round for key in found):
        numbers = [(name, found.get(each)) for name, found in by_round]
        spans = [
            (value, [name for name, _ in of_value])
            for value, of_value in groupby(numbers, key=lambda pair: pair[1])
            if value not in (None, (), {})
        ]
        if spans:
            yield f"{each}: " + "; ".join(f"{_word(value)} ({_span(of)})" for value, of in spans)


def values(policy: Policy, field: str) -> Iterator[tuple[str, Any]]:
    """The value of a field of a round, or the values where it has a ``*``, by their names."""
    before, star, after = field.partition(".*.")
    found = _follow(policy, before)
    if not star:
        yield before.rpartition(".")[2], found
        return
    for name, item in found.items():
        yield f"{after.rpartition('.')[2]} of {name}", _follow(item, after)


def _follow(start: Any, path: str) -> Any:
    for name in path.split("."):
        start = getattr(start, name)
    return start


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return str(value)


def _span(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
