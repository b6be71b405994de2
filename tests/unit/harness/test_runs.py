"""Whole runs with the real LoadGen and backends without a model, each in a fresh process."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from submission.harness.facts import free_memory_bytes
from submission.harness.failure import HarnessError
from submission.harness.loadgen_run import check_schedule
from submission.terms import Mode, RunSpec, Scenario
from tests.fakes.harness_process import COUNT, SETTINGS, command, environment, run_harness

pytestmark = pytest.mark.slow

SpecMaker = Callable[..., RunSpec]
# at 1500 a second for a minute; LoadGen adds a tenth to Offline's query
PLANNED = [(Scenario.SERVER, 90_000), (Scenario.OFFLINE, 99_000)]
EVERY_RUN = [(scenario, mode) for scenario in (Scenario.OFFLINE, Scenario.SERVER) for mode in Mode]


@pytest.mark.parametrize(("scenario", "mode"), EVERY_RUN)
def test_a_run_is_made_as_asked(make_spec: SpecMaker, scenario: Scenario, mode: Mode) -> None:
    ended = run_harness(make_spec(scenario, mode))
    assert (ended.code, ended.stderr) == (0, "")
    effective = ended.log.starting("effective_")
    assert effective["effective_scenario"] == scenario
    assert effective["effective_test_mode"] == mode.loadgen
    assert effective["effective_qsl_rng_seed"] == SETTINGS.qsl_rng_seed
    assert effective["effective_sample_index_rng_seed"] == SETTINGS.sample_index_rng_seed
    assert effective["effective_schedule_rng_seed"] == SETTINGS.schedule_rng_seed
    assert effective["effective_performance_sample_count"] == 30
    assert ended.log.errors == ()


@pytest.mark.parametrize("scenario", [Scenario.OFFLINE, Scenario.SERVER])
def test_an_accuracy_run_logs_each_sample_once(make_spec: SpecMaker, scenario: Scenario) -> None:
    ended = run_harness(make_spec(scenario, Mode.ACCURACY))
    answers = json.loads((ended.out / "mlperf_log_accuracy.json").read_text())
    lengths = np.load(ended.out.parent / "features.npz")["lengths"]
    assert sorted(answer["qsl_idx"] for answer in answers) == list(range(COUNT))
    for answer in answers:
        index = answer["qsl_idx"]
        logits = np.frombuffer(bytes.fromhex(answer["data"]), np.float32).reshape(-1, 2)
        assert logits.tolist() == [[index, 2 * index]] * lengths[index]


def test_berts_server_bound_is_in_force(make_spec: SpecMaker) -> None:
    spec = make_spec(Scenario.SERVER, Mode.ACCURACY, target_latency_ns=130_000_000)
    effective = run_harness(spec).log.starting("effective_target_latency")
    assert effective["effective_target_latency_ns"] == 130_000_000
    assert effective["effective_target_latency_percentile"] == 0.99


def test_the_offline_query_has_the_samples_asked(make_spec: SpecMaker) -> None:
    ended = run_harness(make_spec(samples_per_query=777))
    assert ended.log.values["effective_samples_per_query"] == 777
    assert ended.report["answered"] == 777


def test_the_offline_query_grows_with_target_qps_and_duration(make_spec: SpecMaker) -> None:
    ended = run_harness(make_spec(samples_per_query=10, target_qps=100_000.0, min_duration_ms=10))
    assert ended.log.values["effective_samples_per_query"] == 1100


def test_a_rate_with_decimals_is_taken_as_it_is(make_spec: SpecMaker) -> None:
    assert run_harness(make_spec(Scenario.SERVER, target_qps=1234.56789)).code == 0


def test_the_report_mentions_the_run(make_spec: SpecMaker) -> None:
    report = run_harness(make_spec(Scenario.SERVER)).report
    assert report["validity"] == "VALID"
    assert report["answered"] == report["issued"] == 500
    assert report["queue_depth_max"] >= 1
    assert report["plan"]["used"] == {"backend": "DoublingBackend"}
    assert report["plan"]["asked"]["buckets"] == [16, 32]
    assert report["versions"]["loadgen"] == "5.0.15"
    assert set(report["machine"]["affinity"]) == os.sched_getaffinity(0)
    assert report["memory_peak_bytes"] > 1_000_000


def test_latencies_are_kept_for_each_sample(make_spec: SpecMaker) -> None:
    ended = run_harness(make_spec(Scenario.SERVER))
    latencies = np.load(ended.out / ended.report["latencies"])
    assert latencies["sample_index"].shape == (500,)
    assert latencies["sample_index"].max() < COUNT
    assert (latencies["done_ns"] >= latencies["issued_ns"]).all()


def test_the_last_progress_line_has_all_samples(make_spec: SpecMaker) -> None:
    last = run_harness(make_spec(Scenario.OFFLINE, Mode.ACCURACY)).progress[-1]
    assert (last["phase"], last["answered"], last["total"]) == ("write", COUNT, COUNT)


def test_a_run_that_is_too_short_is_named_invalid(make_spec: SpecMaker) -> None:
    ended = run_harness(make_spec(min_duration_ms=60_000, target_qps=1.0))
    assert ended.code == 3
    assert ended.error["kind"] == "invalid"
    assert "result_min_duration_met" in ended.error["detail"]
    assert "Increase expected QPS" in ended.error["detail"]
    assert "target_qps" in ended.error["hint"]


def test_a_server_run_over_its_bound_is_named_invalid(make_spec: SpecMaker) -> None:
    ended = run_harness(make_spec(Scenario.SERVER, target_latency_ns=1_000_000), "slow")
    assert ended.error["kind"] == "invalid"
    assert "result_perf_constraints_met" in ended.error["detail"]
    assert "lower target_qps" in ended.error["hint"]


def test_a_server_run_of_too_few_queries_says_how_many_are_missing(make_spec: SpecMaker) -> None:
    ended = run_harness(make_spec(Scenario.SERVER, min_query_count=100))
    assert ended.error["kind"] == "invalid"
    assert "at least 359 more queries" in ended.error["detail"]
    assert "min_query_count" in ended.error["hint"]


@pytest.mark.parametrize(
    ("fake", "words"),
    [
        ("nan", "sample 3: the answer holds NaN or infinite logits"),
        ("infinite", "sample 3: the answer holds NaN or infinite logits"),
        ("strided", "the answer is not contiguous in memory"),
        ("unprepared", "MemoryError: no room for sample 3"),
        ("wrong-shape", "answer float32["),
        ("raising", "RuntimeError: out of magic smoke"),
    ],
)
@pytest.mark.parametrize("scenario", [Scenario.OFFLINE, Scenario.SERVER])
def test_a_bad_answer_fails_the_run(
    make_spec: SpecMaker, scenario: Scenario, fake: str, words: str
) -> None:
    ended = run_harness(make_spec(scenario), fake)
    assert ended.code == 3
    assert ended.error["kind"] == "answer"
    assert words in ended.error["detail"]
    assert not (ended.out / "harness.json").exists()
    assert len(ended.stderr.splitlines()) == 3


def test_the_sample_that_fails_is_named_among_those_that_ran_with_it(make_spec: SpecMaker) -> None:
    spec = make_spec(samples_per_query=400)
    spec = replace(spec, plan=replace(spec.plan, batch=4))
    assert "sample 3: the answer holds NaN" in run_harness(spec, "nan").error["detail"]


@pytest.mark.parametrize("mode", list(Mode))
def test_offline_in_groups_answers_every_sample(make_spec: SpecMaker, mode: Mode) -> None:
    spec = make_spec(Scenario.OFFLINE, mode, samples_per_query=777)
    ended = run_harness(replace(spec, plan=replace(spec.plan, batch=4)))
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.report["answered"] == (777 if mode is Mode.PERFORMANCE else COUNT)


def test_server_answers_what_was_late_as_well(make_spec: SpecMaker) -> None:
    spec = make_spec(Scenario.SERVER, target_latency_ns=1_000_000)
    ended = run_harness(replace(spec, plan=replace(spec.plan, late_last=True)), "slow")
    assert ended.error["kind"] == "invalid"
    assert ended.report["answered"] == 500
    assert ended.report["postponed"] > 0


def test_a_failed_run_does_not_wait_for_its_minimum_duration(make_spec: SpecMaker) -> None:
    # a Server run of ten minutes would run into the time limit of run_harness
    spec = make_spec(Scenario.SERVER, min_duration_ms=600_000)
    assert run_harness(spec, "raising").error["kind"] == "answer"


@pytest.mark.parametrize("scenario", [Scenario.OFFLINE, Scenario.SERVER])
def test_a_backend_that_hangs_is_ended(make_spec: SpecMaker, scenario: Scenario) -> None:
    ended = run_harness(replace(make_spec(scenario), watchdog_s=1.0), "hanging")
    assert ended.code == 3
    assert ended.error["kind"] == "watchdog"
    assert "outstanding" in ended.error["detail"]


@pytest.mark.parametrize(
    ("scenario", "planned"),
    [(Scenario.SERVER, "6e+11 samples"), (Scenario.OFFLINE, "6.6e+11 samples")],
)
def test_a_rate_that_loadgen_could_not_even_plan_is_refused(
    make_spec: SpecMaker, scenario: Scenario, planned: str
) -> None:
    ended = run_harness(make_spec(scenario, target_qps=1e9, min_duration_ms=600_000))
    assert (ended.code, ended.error["kind"]) == (3, "settings")
    assert "far too high" in ended.error["what"]
    assert planned in ended.error["detail"]


@pytest.mark.parametrize(("scenario", "samples"), PLANNED)
@pytest.mark.parametrize("fits", [True, False])
def test_the_plan_of_a_run_has_to_fit(
    make_spec: SpecMaker, scenario: Scenario, samples: int, fits: bool
) -> None:
    spec = make_spec(scenario, min_duration_ms=60_000)
    free = 450 * samples - (0 if fits else 1)
    with nullcontext() if fits else pytest.raises(HarnessError, match="far too high"):
        check_schedule(spec, free)


def test_no_rate_is_too_high_for_an_accuracy_run(make_spec: SpecMaker) -> None:
    check_schedule(make_spec(Scenario.OFFLINE, Mode.ACCURACY, target_qps=1e9), 1_000_000)


def test_free_memory_is_the_smaller_of_kernel_and_cgroup() -> None:
    files: dict[str, str] = {}
    assert free_memory_bytes(files.get) is None
    files["/proc/meminfo"] = "MemTotal: 9 kB\nMemAvailable:   4 kB\n"
    assert free_memory_bytes(files.get) == 4096
    files |= {"/sys/fs/cgroup/memory.max": "3000\n", "/sys/fs/cgroup/memory.current": "1000\n"}
    assert free_memory_bytes(files.get) == 2000


def test_a_bug_is_reported_in_three_lines_with_its_traceback_kept(make_spec: SpecMaker) -> None:
    ended = run_harness(make_spec(), "buggy")
    assert ended.code == 3
    assert ended.error["kind"] == "bug"
    assert "ZeroDivisionError" in ended.error["traceback"]
    assert len(ended.stderr.splitlines()) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run(make_spec: SpecMaker, number: signal.Signals) -> None:
    spec = make_spec(Scenario.SERVER, min_duration_ms=600_000)
    with subprocess.Popen(
        command(spec, "slow"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        while '"phase": "run"' not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(number)
        _, words = process.communicate(timeout=60)
    assert process.returncode == 130
    assert number.name in words
    assert json.loads((Path(spec.out) / "error.json").read_text())["kind"] == "interrupted"


def test_a_conf_line_without_blanks_is_found_out(make_spec: SpecMaker) -> None:
    spec = make_spec(Scenario.SERVER)
    conf = Path(spec.user_conf)
    conf.write_text(conf.read_text().replace("target_qps = ", "target_qps="))
    ended = run_harness(spec)
    assert ended.code == 3
    assert ended.error["kind"] == "settings"
    assert "server_target_qps is 1.0 in the conf files and 1500.0" in ended.error["detail"]


def test_a_conf_under_another_model_name_is_found_out(make_spec: SpecMaker) -> None:
    spec = make_spec(Scenario.SERVER)
    conf = Path(spec.user_conf)
    conf.write_text(conf.read_text().replace("bert.", "bert-99."))
    assert run_harness(spec).error["kind"] == "settings"


def test_a_missing_conf_file_is_named(make_spec: SpecMaker) -> None:
    spec = make_spec()
    Path(spec.user_conf).unlink()
    error = run_harness(spec).error
    assert error["kind"] == "settings"
    assert "user.conf" in error["what"]


def test_a_key_that_contradicts_the_run_spec_shows_in_the_log(make_spec: SpecMaker) -> None:
    spec = make_spec(Scenario.SERVER)
    with Path(spec.user_conf).open("a") as conf:
        conf.write("bert.Server.max_duration = 200\n")
    error = run_harness(spec).error
    assert error["kind"] == "settings"
    assert "effective_max_duration_ms is 200, requested was 0" in error["detail"]


def test_a_performance_set_larger_than_the_data_set_is_refused(make_spec: SpecMaker) -> None:
    error = run_harness(make_spec(performance_sample_count=COUNT + 1)).error
    assert error["kind"] == "settings"
    assert f"{COUNT + 1} requested, the data set has {COUNT}" in error["detail"]


def test_a_scenario_that_is_not_run_is_refused(make_spec: SpecMaker) -> None:
    spec = make_spec(Scenario.SINGLE_STREAM)
    assert "SingleStream" in run_harness(spec).error["what"]


def test_an_out_folder_that_cannot_be_written_is_named(make_spec: SpecMaker) -> None:
    spec = make_spec()
    ended = run_harness(replace(spec, out=spec.out + "/nowhere"))
    assert ended.code == 3
    assert "the out folder of the run cannot be written" in ended.stderr


def test_a_host_that_goes_away_ends_the_run(make_spec: SpecMaker) -> None:
    spec = make_spec(Scenario.SERVER, min_duration_ms=600_000)
    with subprocess.Popen(
        command(spec, "slow"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=60) == 130
    assert json.loads((Path(spec.out) / "error.json").read_text())["kind"] == "interrupted"
