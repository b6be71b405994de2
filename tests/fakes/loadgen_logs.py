"""What LoadGen would have written: detail log and summary of a run that never took place.

The figures of a run fit each other as LoadGen's do (result, counts, latencies, times), so that an
edit of one of them shows.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from submission.policy import Policy
from submission.terms import Scenario

SECOND_NS = 1_000_000_000
RUN_SECONDS = 601
BEGIN = dt.datetime(2023, 2, 20, 10, 0, 0)
PERCENTILES = ("50.00", "90.00", "95.00", "97.00", "99.00", "99.90")
Values = dict[str, Any]


def run_values(
    policy: Policy,
    benchmark: str,
    scenario: Scenario,
    *,
    accuracy: bool = False,
    sut: str = "KitSUT",
    test: str = "",
    label: str = "",
) -> Values:
    """Key and value of every line of a detail log; ``label`` makes a run another run."""
    terms = policy.benchmarks[benchmark]
    seeds = policy.seeds_of(test)
    number = int.from_bytes(hashlib.sha256(label.encode()).digest()[:2], "big")
    begin = BEGIN + dt.timedelta(seconds=number)
    values: Values = {
        "loadgen_version": f"{policy.loadgen_versions[0]} @ f536725011",
        "loadgen_git_status_message": "",
        "test_datetime": f"{begin:%Y-%m-%dT%H:%M:%SZ}",
        "sut_name": sut,
        "qsl_reported_total_count": terms.accuracy_sample_count,
        "qsl_reported_performance_count": terms.performance_sample_count,
        "effective_scenario": str(scenario),
        "effective_test_mode": "AccuracyOnly" if accuracy else "PerformanceOnly",
        "effective_samples_per_query": _samples_per_query(scenario),
        "effective_target_qps": 500 if scenario is Scenario.SERVER else 1000,
        "effective_target_latency_ns": _bound(policy, benchmark, scenario),
        "effective_target_latency_percentile": policy.scenarios[scenario].target_latency_percentile,
        "effective_max_async_queries": 0,
        "effective_min_duration_ms": policy.min_duration_ms,
        "effective_max_duration_ms": 0,
        "effective_min_query_count": terms.min_query_count[scenario],
        "effective_max_query_count": 0,
        "effective_min_sample_count": terms.min_query_count[scenario],
        **{f"effective_{name}": seed for name, seed in seeds.by_key().items()},
        "effective_accuracy_log_rng_seed": 0,
        "effective_accuracy_log_probability": 0,
        "effective_accuracy_log_sampling_target": 0,
        "effective_print_timestamps": False,
        "effective_performance_issue_unique": False,
        "effective_performance_issue_same": False,
        "effective_performance_issue_same_index": 0,
        "effective_performance_sample_count": terms.performance_sample_count,
        "power_begin": _stamp(begin),
        "power_end": _stamp(begin + dt.timedelta(seconds=30 if accuracy else RUN_SECONDS)),
    }
    return values if accuracy else values | _outcome(scenario)


def _outcome(scenario: Scenario) -> Values:
    outcome: Values = {
        "result_validity": "VALID",
        "result_perf_constraints_met": True,
        "result_min_duration_met": True,
        "result_min_queries_met": True,
        "early_stopping_met": True,
    }
    return outcome | _FIGURES[scenario]()


def _offline() -> Values:
    samples = _samples_per_query(Scenario.OFFLINE)
    return {
        "generated_query_count": 1,
        "generated_samples_per_query": samples,
        "generated_query_duration": 100_000_000,
        "result_query_count": 1,
        "result_samples_per_second": _six(samples / RUN_SECONDS),
        **_latencies(2 * SECOND_NS, 300 * SECOND_NS, 595 * SECOND_NS, RUN_SECONDS * SECOND_NS),
    }


def _server() -> Values:
    queries = 300_000
    return {
        "generated_query_count": queries,
        "generated_samples_per_query": 1,
        "generated_query_duration": 600_500_000_000,
        "result_query_count": queries,
        "result_overlatency_query_count": 150,
        "result_scheduled_samples_per_sec": _six((queries - 1) / 600.5),
        "result_completed_samples_per_sec": _six((queries - 1) / 600.6),
        **_latencies(2_000_000, 5_000_000, 9_000_000, 140_000_000),
    }


def _single_stream() -> Values:
    mean = 1_190_000
    return {
        "generated_query_count": 600_000,
        "generated_samples_per_query": 1,
        "generated_query_duration": 600_000_000_000,
        "result_query_count": 500_000,
        "result_qps_with_loadgen_overhead": _six(500_000 / 600.5),
        "result_qps_without_loadgen_overhead": _six(SECOND_NS / mean),
        **_latencies(1_000_000, mean, 1_300_000, 3_000_000),
        "early_stopping_latency_ss": 1_210_000,
        "early_stopping_latency_ms": 1_305_000,
    }


def _multi_stream() -> Values:
    figures = _latencies(3_000_000, 3_500_000, 4_000_000, 7_000_000)
    queries = {
        key.replace("_latency_ns", "_query_latency_ns").replace(
            "percentile_query", "percentile_per_query"
        ): value
        for key, value in figures.items()
    }
    return {
        "generated_query_count": 400_000,
        "generated_samples_per_query": 8,
        "generated_query_duration": 600_000_000_000,
        "result_query_count": 170_000,
        **queries,
        "early_stopping_latency_ms": 4_010_000,
        **figures,
    }


_FIGURES = {
    Scenario.OFFLINE: _offline,
    Scenario.SERVER: _server,
    Scenario.SINGLE_STREAM: _single_stream,
    Scenario.MULTI_STREAM: _multi_stream,
}


def _latencies(least: int, mean: int, high: int, greatest: int) -> Values:
    steps = (mean - 1000, mean + 5000, mean + 6000, mean + 7000, high, high + 1000)
    return {
        "result_min_latency_ns": least,
        "result_max_latency_ns": greatest,
        "result_mean_latency_ns": mean,
        **{f"result_{p}_percentile_latency_ns": v for p, v in zip(PERCENTILES, steps, strict=True)},
    }


def _samples_per_query(scenario: Scenario) -> int:
    return {Scenario.OFFLINE: 660_000, Scenario.MULTI_STREAM: 8}.get(scenario, 1)


def _bound(policy: Policy, benchmark: str, scenario: Scenario) -> int:
    bound = policy.benchmarks[benchmark].server_latency_bound_ns
    return bound if scenario is Scenario.SERVER and bound is not None else 0


def _stamp(time: dt.datetime) -> str:
    return f"{time:%m-%d-%Y %H:%M:%S}.{time.microsecond // 1000:03d}"


def _six(value: float) -> float:
    """As C++ streams print a double."""
    return float(f"{value:.6g}")


def line(key: str, value: Any, *, error: bool = False) -> str:
    """One line of a detail log."""
    message = {
        "key": key,
        "value": value,
        "time_ms": 0.5,
        "namespace": "mlperf::logging",
        "event_type": "POINT_IN_TIME",
        "metadata": {
            "is_error": error,
            "is_warning": False,
            "file": "loadgen.cc",
            "line_no": 1,
            "pid": 1,
            "tid": 1,
        },
    }
    return f":::MLLOG {json.dumps(message)}\n"


def detail_text(values: Mapping[str, Any]) -> str:
    """A detail log."""
    return "".join(line(key, value) for key, value in values.items())


def summary_text(values: Mapping[str, Any]) -> str:
    """The summary that goes with a detail log."""
    if values["effective_test_mode"] == "AccuracyOnly":
        return "\nNo warnings encountered during test.\n\nNo errors encountered during test.\n"
    scenario = Scenario(values["effective_scenario"])
    per_query = scenario is Scenario.MULTI_STREAM
    middle = "_per_query" if per_query else ""
    lines = [
        "MLPerf Results Summary",
        f"SUT name : {values['sut_name']}",
        f"Scenario : {scenario}",
        f"Mode     : {values['effective_test_mode']}",
        *_headline(scenario, values),
        f"Result is : {values.get('result_validity')}",
        *(
            f"  {name} satisfied : {'Yes' if values[key] else 'No'}"
            for name, key in _SATISFIED
            if key in values
        ),
        "Additional Stats",
        *(
            f"{name} latency (ns) : {values[f'result_{word}{q}_latency_ns']}"
            for name, word in (("Min", "min"), ("Max", "max"), ("Mean", "mean"))
            for q in ("_query" if per_query else "",)
        ),
        *(
            f"{p} percentile latency (ns)   : {values[f'result_{p}_percentile{middle}_latency_ns']}"
            for p in PERCENTILES
        ),
        "Test Parameters Used",
        *_parameters(values),
        "",
        "No warnings encountered during test.",
        "",
        "No errors encountered during test.",
    ]
    return "\n".join(lines) + "\n"


_SATISFIED = (
    ("Performance constraints", "result_perf_constraints_met"),
    ("Min duration", "result_min_duration_met"),
    ("Min queries", "result_min_queries_met"),
    ("Early stopping", "early_stopping_met"),
)


def _headline(scenario: Scenario, values: Mapping[str, Any]) -> list[str]:
    names = {
        Scenario.OFFLINE: [("Samples per second", "result_samples_per_second")],
        Scenario.SERVER: [("Scheduled samples per second", "result_scheduled_samples_per_sec")],
        Scenario.SINGLE_STREAM: [
            ("90th percentile latency (ns)", "result_90.00_percentile_latency_ns"),
            ("QPS w/o loadgen overhead", "result_qps_without_loadgen_overhead"),
        ],
        Scenario.MULTI_STREAM: [
            ("99th percentile latency (ns)", "result_99.00_percentile_per_query_latency_ns")
        ],
    }
    return [f"{name} : {values[key]}" for name, key in names[scenario] if key in values]


def _parameters(values: Mapping[str, Any]) -> list[str]:
    units = {"min_duration_ms": "min_duration (ms)", "max_duration_ms": "max_duration (ms)"}
    units["target_latency_ns"] = "target_latency (ns)"
    hidden = ("scenario", "test_mode", "target_latency_percentile", "min_sample_count")
    names = [key.removeprefix("effective_") for key in values if key.startswith("effective_")]
    return [
        f"{units.get(name, name)} : {_plain(values[f'effective_{name}'])}"
        for name in names
        if name not in hidden
    ]


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def accuracy_log(label: str, entries: int = 400) -> bytes:
    """An accuracy log of made-up answers: over 10 kB, as a real one is."""
    data = hashlib.sha256(label.encode()).hexdigest().upper()
    rows = [f'{{ "seq_id" : {n}, "qsl_idx" : {n}, "data" : "{data}" }}' for n in range(entries)]
    return ("[\n" + ",\n".join(rows) + "\n]\n").encode()


def truncated(log: bytes) -> bytes:
    """The log cut in the round's way."""
    return log[:4096] + b"\n\n...\n\n" + log[-4096:]


def power_samples(values: Mapping[str, Any], watts: float = 42.5) -> str:
    """spl.txt of a run: one sample a second, some before and after it."""
    form = "%m-%d-%Y %H:%M:%S.%f"
    begin = dt.datetime.strptime(values["power_begin"], form)
    times = [begin + dt.timedelta(seconds=n + 0.25) for n in range(-2, 8)]
    return "".join(f"Time,{_stamp(time)},Watts,{watts:.6f},Volts,118.0\n" for time in times)
