"""LoadGen's two logs of a run, and what lies beside them, made of the run's figures."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from submission.terms import Scenario
from tests.fakes.loadgen_run import OUTCOME, PERCENTILES, stamp

PROCESS = 4711
SESSION = "kit"


def line(key: str, value: Any, *, error: bool = False, time_ms: float = 0.5) -> str:
    """One line of a detail log."""
    message = {
        "key": key,
        "value": value,
        "time_ms": time_ms,
        "namespace": "mlperf::logging",
        "event_type": "POINT_IN_TIME",
        "metadata": {
            "is_error": error,
            "is_warning": False,
            "file": "loadgen.cc",
            "line_no": 1,
            "pid": PROCESS,
            "tid": PROCESS,
        },
    }
    return f":::MLLOG {json.dumps(message)}\n"


@lru_cache(maxsize=64)
def _loaded(count: int) -> str:
    """The line of a loaded set."""
    listed = ",".join(map(str, range(count)))
    return line("loaded_qsl_set", "SAMPLES").replace('"SAMPLES"', f"[{listed}]")


def detail_text(values: Mapping[str, Any]) -> str:
    """A detail log."""
    return "".join(_lines(values))


def _lines(values: Mapping[str, Any]) -> Iterator[str]:
    """Queries are generated at 20 ms, and what follows the run is written 3 ms after its end."""
    end = 23 + _milliseconds(values)
    for key, value in values.items():
        if key == "loaded_qsl_set":
            yield from (_loaded(count) for count in value)
        elif key == "loadgen_file_sha1":
            text = json.dumps(value, separators=(",", ":"))
            yield line(key, "SOURCES").replace('"SOURCES"', text)
        else:
            after = key.startswith((*OUTCOME, "power_"))
            time = 20 if key.startswith("generated_") else end if after else 0.5
            yield line(key, value, time_ms=time)


def _milliseconds(values: Mapping[str, Any]) -> float:
    """How long a run took by its stamps; 0 where they do not say."""
    form = "%m-%d-%Y %H:%M:%S.%f"
    try:
        begin, end = (dt.datetime.strptime(values[f"power_{w}"], form) for w in ("begin", "end"))
    except (KeyError, TypeError, ValueError):
        return 0.0
    return (end - begin).total_seconds() * 1000


def summary_text(values: Mapping[str, Any]) -> str:
    """The summary that goes with a detail log."""
    if values["effective_test_mode"] == "AccuracyOnly":
        return "\nNo warnings encountered during test.\n\nNo errors encountered during test.\n"
    scenario = Scenario(values["effective_scenario"])
    per_query = scenario is Scenario.MULTI_STREAM
    middle, query = ("_per_query", "_query") if per_query else ("", "")
    latencies = [
        (f"{word} latency (ns)", f"result_{word.lower()}{query}_latency_ns")
        for word in ("Min", "Max", "Mean")
    ]
    latencies += [
        (f"{p} percentile latency (ns)", f"result_{p}_percentile{middle}_latency_ns")
        for p in PERCENTILES
    ]
    stopping = values.get("early_stopping_result")
    lines = [
        "MLPerf Results Summary",
        f"SUT name : {values['sut_name']}",
        f"Scenario : {scenario}",
        f"Mode     : {values['effective_test_mode']}",
        *_reported(HEADLINES[scenario], values),
        f"Result is : {values.get('result_validity')}",
        *(
            f"  {name} satisfied : {'Yes' if values[key] else 'NO'}"
            for name, key in _SATISFIED
            if key in values
        ),
        *(["Early Stopping Result:", *_bullets(stopping)] if stopping else []),
        "",
        "Additional Stats",
        *_reported(STATS.get(scenario, ()), values),
        *(f"{name} : {values[key]}" for name, key in latencies),
        "",
        "Test Parameters Used",
        *_parameters(values),
        "",
        "No warnings encountered during test.",
        "",
        "No errors encountered during test.",
    ]
    return "\n".join(lines) + "\n"


def _bullets(text: str) -> list[str]:
    return [f" *{part}".rstrip() for part in text.split(" *")[1:]]


_SATISFIED = (
    ("Performance constraints", "result_perf_constraints_met"),
    ("Min duration", "result_min_duration_met"),
    ("Min queries", "result_min_queries_met"),
    ("Early stopping", "early_stopping_met"),
)
# Name in the summary, key, whether it is rounded to hundredths
HEADLINES = {
    Scenario.OFFLINE: [("Samples per second", "result_samples_per_second", False)],
    Scenario.SERVER: [("Scheduled samples per second", "result_scheduled_samples_per_sec", True)],
    Scenario.SINGLE_STREAM: [
        ("90th percentile latency (ns)", "result_90.00_percentile_latency_ns", False)
    ],
    Scenario.MULTI_STREAM: [
        ("99th percentile latency (ns)", "result_99.00_percentile_per_query_latency_ns", False)
    ],
}
STATS = {
    Scenario.SERVER: [("Completed samples per second", "result_completed_samples_per_sec", True)],
    Scenario.SINGLE_STREAM: [
        ("QPS w/ loadgen overhead", "result_qps_with_loadgen_overhead", True),
        ("QPS w/o loadgen overhead", "result_qps_without_loadgen_overhead", True),
    ],
}


def _reported(names: Any, values: Mapping[str, Any]) -> Iterator[str]:
    for name, key, rounded in names:
        value = values.get(key)
        if value is not None:
            is_rate = rounded and isinstance(value, int | float)
            yield f"{name} : {format(value, '.2f') if is_rate else value}"


def _parameters(values: Mapping[str, Any]) -> list[str]:
    units = {"min_duration_ms": "min_duration (ms)", "max_duration_ms": "max_duration (ms)"}
    units["target_latency_ns"] = "target_latency (ns)"
    hidden = ("scenario", "test_mode", "target_latency_percentile", "min_sample_count")
    names = [key.removeprefix("effective_") for key in values if key.startswith("effective_")]
    return [
        f"{units.get(name, name)} : {_plain(values[f'effective_{name}'])}"
        for name in names
        if name not in (*hidden, "target_duration_ms")
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


def power_samples(
    values: Mapping[str, Any], watts: float = 42.5, mark: str = f"{SESSION}_testing"
) -> str:
    """spl.txt of a run: one sample a second, some before and after it."""
    form = "%m-%d-%Y %H:%M:%S.%f"
    begin, end = (dt.datetime.strptime(values[f"power_{w}"], form) for w in ("begin", "end"))
    seconds = int((end - begin).total_seconds())
    times = [begin + dt.timedelta(seconds=n + 0.25) for n in range(-2, seconds + 3)]
    rest = f"Watts,{watts:.6f},Volts,85.000000,Amps,{watts / 85:.6f},PF,1.000000,Mark,{mark}"
    return "".join(f"Time,{stamp(time)},{rest}\n" for time in times)
