"""A small made-up submission that keeps every rule, as path and content; written where wanted.

One closed result on an edge system with power and compliance tests (SingleStream and Offline) and
one open result with its model mapping. All of it is made here; nothing is taken from anybody.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from submission.policy import Policy, load_policy
from submission.terms import Scenario

Files = dict[str, bytes]
Values = dict[str, Any]

SYSTEM = "box-1"
CLOSED = f"closed/Maker/results/{SYSTEM}/bert-99/Offline"
OPEN = f"open/Maker/results/{SYSTEM}/tiny/Offline"
BEGIN, END = "03-01-2023 12:00:00.000", "03-01-2023 12:10:15.000"
DETAIL, SUMMARY = "mlperf_log_detail.txt", "mlperf_log_summary.txt"


def write(files: Mapping[str, bytes], root: Path) -> Path:
    """Write the files below a root and return it."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return root


def small_tree() -> Files:
    """Both submissions."""
    return closed() | open_division()


def closed() -> Files:
    """closed/Maker: two scenarios, the Offline one with power."""
    files: Files = {f"closed/Maker/systems/{SYSTEM}.json": system("closed")}
    for scenario in (Scenario.OFFLINE, Scenario.SINGLE_STREAM):
        files |= result("closed", "bert-99", scenario)
        files |= _compliance(scenario)
    files |= _power()
    files["closed/Maker/calibration/calibration.md"] = b"Weights are the reference's.\n"
    files["closed/Maker/code/bert-99/README.md"] = b"`make run` runs it.\n"
    return files


def open_division() -> Files:
    """open/Maker: one scenario, its folder's name mapped."""
    return {
        f"open/Maker/systems/{SYSTEM}.json": system("open"),
        "open/Maker/model_mapping.json": b'{"tiny": "bert-99"}\n',
        "open/Maker/calibration/calibration.md": b"Weights were rounded.\n",
        "open/Maker/code/tiny/README.md": b"`make run` runs it.\n",
        **result("open", "tiny", Scenario.OFFLINE),
    }


def policy() -> Policy:
    """The round that the tree is made for."""
    return load_policy("v3.0")


def system(division: str) -> bytes:
    """A system description with every field that is asked for."""
    fields: Values = dict.fromkeys(policy().system_fields.required, "N/A")
    fields |= {
        "division": division,
        "submitter": "Maker",
        "status": "available",
        "system_name": "Box",
        "system_type": "edge",
        "number_of_nodes": "1",
        "host_processor_model_name": "CPU",
        "host_processors_per_node": "1",
        "host_processor_core_count": "4",
        "host_memory_capacity": "8 GB",
        "accelerators_per_node": "0",
        "framework": "none",
    }
    return _json(fields)


def result(division: str, folder: str, scenario: Scenario) -> Files:
    """Runs, accuracy and measurements of one scenario folder."""
    base = f"{division}/Maker/results/{SYSTEM}/{folder}/{scenario}"
    text, log = accuracy_files()
    measured = f"{division}/Maker/measurements/{SYSTEM}/{folder}/{scenario}"
    salt = f"{division}/{folder}/{scenario}"
    return {
        **run(f"{base}/performance/run_1", performance(scenario), salt),
        **run(f"{base}/accuracy", accuracy(scenario), salt),
        f"{base}/accuracy/accuracy.txt": text,
        f"{base}/accuracy/mlperf_log_accuracy.json": log,
        **measurements(measured, scenario),
    }


def run(folder: str, values: Values, salt: str) -> Files:
    """The two logs of one LoadGen run; ``salt`` makes its bytes its own."""
    return {
        f"{folder}/{DETAIL}": detail({**values, "generic_message": f"{folder} {salt}"}),
        f"{folder}/{SUMMARY}": summary(values),
    }


def detail(values: Mapping[str, Any]) -> bytes:
    """A detail log in LoadGen's own shape."""
    return b"".join(map(line, values, values.values()))


def line(key: str, value: Any, *, is_error: bool = False, is_warning: bool = False) -> bytes:
    """One line of a detail log."""
    text = json.dumps(value)
    if isinstance(value, list | dict):
        text = json.dumps(value, separators=(",", ":"))
    flags = f'"is_error": {json.dumps(is_error)}, "is_warning": {json.dumps(is_warning)}'
    return (
        f':::MLLOG {{"key": "{key}", "value": {text}, "time_ms": 0.02, '
        f'"namespace": "mlperf::logging", "event_type": "POINT_IN_TIME", '
        f'"metadata": {{{flags}, "file": "test.cc", "line_no": 1, "pid": 1, "tid": 1}}}}\n'
    ).encode()


def settings(scenario: Scenario, mode: str) -> Values:
    """What LoadGen logs before it begins."""
    seeds = {f"effective_{key}": seed for key, seed in policy().seeds.by_key().items()}
    offline = scenario is Scenario.OFFLINE
    return {
        "loadgen_version": "3.0 @ f536725011",
        "loadgen_git_commit_date": "2023-02-12T10:59:06+00:00",
        "loadgen_git_status_message": "",
        "test_datetime": "2023-03-01T12:00:00Z",
        "sut_name": "PySUT",
        "qsl_reported_total_count": 10833,
        "qsl_reported_performance_count": 10833,
        "effective_scenario": str(scenario),
        "effective_test_mode": mode,
        "effective_samples_per_query": 24576 if offline else 1,
        "effective_target_qps": 40 if offline else 5,
        "effective_target_latency_ns": 0,
        "effective_target_latency_percentile": 0.99 if offline else 0.9,
        "effective_min_duration_ms": 600000,
        "effective_max_duration_ms": 0,
        "effective_min_query_count": 1 if offline else 1024,
        "effective_min_sample_count": 24576 if offline else 1024,
        **seeds,
        "effective_accuracy_log_probability": 0,
        "effective_accuracy_log_sampling_target": 0,
        "effective_performance_issue_unique": False,
        "effective_performance_issue_same": False,
        "effective_performance_sample_count": 10833,
        "loaded_qsl_set": list(range(20)),
    }


def performance(scenario: Scenario) -> Values:
    """A performance run of 615 s."""
    offline = scenario is Scenario.OFFLINE
    queries, longest = (1, 614_400_000_000) if offline else (3000, 210_000_000)
    values = settings(scenario, "PerformanceOnly") | {
        "generated_query_count": queries,
        "generated_samples_per_query": 24576 if offline else 1,
        "generated_query_duration": 614_400_000_000,
        "power_begin": BEGIN,
        "power_end": END,
        "result_validity": "VALID",
        "result_min_duration_met": True,
        "result_min_queries_met": True,
        "early_stopping_met": True,
        "result_query_count": queries,
        "result_min_latency_ns": 200_000_000,
        "result_max_latency_ns": longest,
        "result_mean_latency_ns": longest // 2 if offline else 204_800_000,
    }
    for share in ("50.00", "90.00", "95.00", "97.00", "99.00", "99.90"):
        values[f"result_{share}_percentile_latency_ns"] = longest - 1_000_000
    if offline:
        return values | {"result_samples_per_second": 40.0}
    return values | {
        "early_stopping_latency_ss": longest - 500_000,
        "result_qps_with_loadgen_overhead": 4.88,
        "result_qps_without_loadgen_overhead": 4.8828125,
    }


def accuracy(scenario: Scenario) -> Values:
    """An accuracy run over the whole data set."""
    return settings(scenario, "AccuracyOnly") | {"power_begin": BEGIN, "power_end": END}


def summary(values: Mapping[str, Any]) -> bytes:
    """The summary that belongs to a detail log."""
    if values["effective_test_mode"] == "AccuracyOnly":
        return b"\nNo warnings encountered during test.\n\nNo errors encountered during test.\n"
    offline = values["effective_scenario"] == "Offline"
    figure = (
        f"Samples per second: {values['result_samples_per_second']:g}"
        if offline
        else f"90th percentile latency (ns) : {values['result_90.00_percentile_latency_ns']}"
    )
    return (
        f"SUT name : {values['sut_name']}\nScenario : {values['effective_scenario']}\n"
        f"Mode     : {values['effective_test_mode']}\n{figure}\nResult is : VALID\n"
        "  Min duration satisfied : Yes\n  Min queries satisfied : Yes\n"
        "\nNo warnings encountered during test.\n\nNo errors encountered during test.\n"
    ).encode()


def accuracy_files(f1: float = 90.5) -> tuple[bytes, bytes]:
    """accuracy.txt and a truncated accuracy log."""
    cut = policy().accuracy_log
    whole = b"[" + b'{"qsl_idx":0,"data":"00"},\n' * 1000 + b'{"qsl_idx":1,"data":"00"}]\n'
    log = whole[: cut.head_bytes] + cut.ellipsis.encode() + whole[-cut.tail_bytes :]
    digest = hashlib.sha256(whole).hexdigest()
    return f'{{"exact_match": 83.1, "f1": {f1}}}\nhash={digest}\n'.encode(), log


def measurements(folder: str, scenario: Scenario) -> Files:
    """What a person says of how it was run."""
    about = {
        "input_data_types": "int32",
        "retraining": "no",
        "starting_weights_filename": "bert.onnx",
        "weight_data_types": "fp32",
        "weight_transformations": "none",
    }
    target = "target_qps = 40" if scenario is Scenario.OFFLINE else "target_latency = 200"
    return {
        f"{folder}/{SYSTEM}_impl_{scenario}.json": _json(about),
        f"{folder}/mlperf.conf": mlperf_conf(),
        f"{folder}/user.conf": f"bert.{scenario}.{target}\n".encode(),
        f"{folder}/README.md": b"# How it was run\n\n`make run` with the weights of the round.\n",
    }


def mlperf_conf() -> bytes:
    """The settings that the round fixes."""
    lines = [f"*.*.{key} = {seed}" for key, seed in policy().seeds.by_key().items()]
    lines += ["*.*.min_duration = 600000", "bert.*.performance_sample_count_override = 10833"]
    for scenario, count in policy().benchmarks["bert-99"].min_query_count.items():
        lines.append(f"*.{scenario}.min_query_count = {count}")
    lines += ["*.SingleStream.target_latency_percentile = 90"]
    return "\n".join([*lines, ""]).encode()


def _compliance(scenario: Scenario) -> Files:
    base = f"closed/Maker/compliance/{SYSTEM}/bert-99/{scenario}"
    text, log = accuracy_files()
    other = {f"effective_{k}": v for k, v in policy().test05_seeds.by_key().items()}
    first = performance(scenario) | {"effective_accuracy_log_sampling_target": 4096}
    return {
        **run(f"{base}/TEST01/performance/run_1", first, "TEST01"),
        **run(f"{base}/TEST05/performance/run_1", performance(scenario) | other, "TEST05"),
        f"{base}/TEST01/verify_performance.txt": b"reference score = 1\nTEST PASS\n",
        f"{base}/TEST05/verify_performance.txt": b"reference score = 1\nTEST PASS\n",
        f"{base}/TEST01/verify_accuracy.txt": b"num_acc_log_entries = 10833\nTEST PASS\n",
        f"{base}/TEST01/accuracy/accuracy.txt": text,
        f"{base}/TEST01/accuracy/mlperf_log_accuracy.json": log,
    }


def _power() -> Files:
    base = f"{CLOSED}/performance"
    samples = "".join(
        f"Time,03-01-2023 12:{s // 60:02}:{s % 60:02}.500,Watts,50.25,Volts,230.0\n"
        for s in range(615)
    ).encode()
    return {
        **run(f"{base}/ranging", performance(Scenario.OFFLINE), "ranging"),
        f"{base}/run_1/spl.txt": samples,
        f"{base}/ranging/spl.txt": samples,
        f"{base}/power/client.json": _json({"version": "1.0", "session_name": "s"}),
        f"{base}/power/server.json": _json({"version": "1.0", "session_name": "s"}),
        f"{base}/power/client.log": b"client\n",
        f"{base}/power/server.log": b"server\n",
        f"{base}/power/ptd_logs.txt": b"meter\n",
    }


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
