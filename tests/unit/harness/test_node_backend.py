"""A process for each node of a fake topology, with the real OpenVINO and LoadGen."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from submission.harness.failure import HarnessError
from submission.harness.node_backend import NodeBackend, open_backend
from submission.harness.qsl import read_qsl
from submission.terms import Mode, RunSpec, Scenario
from tests.fakes.harness_process import command, environment, run_harness
from tests.fakes.tiny_model import write_model

pytestmark = pytest.mark.slow

SpecMaker = Callable[..., RunSpec]
# a Server run that only a failure ends
LONG = {"min_duration_ms": 600_000, "target_qps": 200.0}


def split(spec: RunSpec, nodes: Path) -> RunSpec:
    """The spec with the tiny model, on these nodes with a stream for each processor."""
    write_model(Path(spec.model_xml))
    plan = replace(spec.plan, streams=0, requests=0, batch=2)
    return replace(spec, plan=plan, extra={"numa_root": str(nodes)})


def opened(spec: RunSpec) -> NodeBackend:
    samples = read_qsl(Path(spec.features))
    backend = open_backend(spec, samples, lambda done, total: None)
    assert isinstance(backend, NodeBackend)
    return backend


@pytest.fixture
def backend(make_spec: SpecMaker, two_cpus: Path) -> Iterator[NodeBackend]:
    running = opened(split(make_spec(), two_cpus))
    yield running
    running.close()


def logged(out: Path) -> dict[int, str]:
    entries = json.loads((out / "mlperf_log_accuracy.json").read_text())
    return {entry["qsl_idx"]: entry["data"] for entry in entries}


@pytest.mark.parametrize("scenario", [Scenario.OFFLINE, Scenario.SERVER])
def test_answers_are_those_of_one_process_to_the_last_bit(
    make_spec: SpecMaker, two_cpus: Path, scenario: Scenario
) -> None:
    spec = split(make_spec(scenario, Mode.ACCURACY), two_cpus)
    several = run_harness(spec, fake=None)
    assert (several.code, several.stderr) == (0, "")
    used, answers = several.report["plan"]["used"], logged(several.out)
    alone = run_harness(replace(spec, plan=replace(spec.plan, per_node=False)), fake=None)
    assert (used["processes"], alone.report["plan"]["used"]["processes"]) == (2, 1)
    assert len(answers) == 40
    assert answers == logged(alone.out)


def test_the_report_mentions_each_worker(make_spec: SpecMaker, two_cpus: Path) -> None:
    report = run_harness(split(make_spec(samples_per_query=777), two_cpus), fake=None).report
    used = report["plan"]["used"]
    assert used["processes_reason"] == "a process for each of 2 NUMA nodes"
    cpus = [worker["cpus"] for worker in used["workers"]]
    assert cpus == [[cpu] for cpu in sorted(os.sched_getaffinity(0))[:2]]
    assert report["answered"] == 777
    peaks = [worker["memory_peak_bytes"] for worker in used["workers"]]
    assert report["memory_peak_bytes"] > sum(peaks)


def test_a_worker_is_on_its_nodes_processors(backend: NodeBackend) -> None:
    for worker in backend._workers:
        assert os.sched_getaffinity(worker.process.pid) == set(worker.node.cpus)


def test_a_worker_that_fails_at_a_sample_says_why_and_goes_on(backend: NodeBackend) -> None:
    with pytest.raises(RuntimeError, match="KeyError: 7"):
        backend.infer(0, [7])
    backend.load([7])
    assert np.isfinite(backend.infer(0, [7])[0]).all()


def test_a_worker_that_died_is_named(backend: NodeBackend) -> None:
    backend._workers[1].process.kill()
    with pytest.raises(RuntimeError, match=r"worker of NUMA node 1 has ended \(signal 9\)"):
        backend.infer(1, [0])
    with pytest.raises(HarnessError, match="worker of NUMA node 1"):
        backend.facts()


def test_a_model_that_no_worker_takes_is_refused_as_in_one_process(
    make_spec: SpecMaker, two_cpus: Path
) -> None:
    spec = split(make_spec(), two_cpus)
    write_model(Path(spec.model_xml), names=("ids", "mask", "types"))
    ended = run_harness(spec, fake=None)
    assert (ended.code, ended.error["kind"]) == (3, "model")


def test_workers_end_with_their_parent(make_spec: SpecMaker, two_cpus: Path) -> None:
    with running(split(make_spec(Scenario.SERVER, **LONG), two_cpus)) as process:
        workers = children(process)
        process.kill()
        process.communicate(timeout=60)
    assert all(gone(pid) for pid in workers)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_dies_in_the_middle_ends_the_run(
    make_spec: SpecMaker, two_cpus: Path, number: signal.Signals
) -> None:
    spec = split(make_spec(Scenario.SERVER, **LONG), two_cpus)
    with running(spec) as process:
        os.kill(children(process)[0], number)
        process.communicate(timeout=60)
    assert process.returncode == 3
    error = json.loads((Path(spec.out) / "error.json").read_text())
    assert error["kind"] == "answer"
    assert f"the worker of NUMA node 0 has ended (signal {number.value})" in error["detail"]


def test_a_worker_that_stands_still_is_ended_by_the_watchdog(
    make_spec: SpecMaker, two_cpus: Path
) -> None:
    spec = replace(split(make_spec(Scenario.SERVER, **LONG), two_cpus), watchdog_s=1.0)
    with running(spec) as process:
        workers = children(process)
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        assert process.wait(timeout=60) == 3
        # they hold its standard output; what they do then is to end with it
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
    assert json.loads((Path(spec.out) / "error.json").read_text())["kind"] == "watchdog"


def running(spec: RunSpec) -> subprocess.Popen[str]:
    """A harness process whose LoadGen run has answers: before, silence is LoadGen's schedule."""
    process: subprocess.Popen[str] = subprocess.Popen(
        command(spec, None),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
    )
    assert process.stdout is not None
    while not re.search(r'"phase": "run".*"answered": [1-9]', process.stdout.readline()):
        assert process.poll() is None
    return process


def children(process: subprocess.Popen[Any]) -> list[int]:
    """The workers, in the order in which they were started."""
    tasks = Path(f"/proc/{process.pid}/task")
    found = [pid for each in tasks.iterdir() for pid in (each / "children").read_text().split()]
    assert len(found) == 2
    return sorted(map(int, found))


def gone(pid: int) -> bool:
    """True once no such process runs, False if it still does after a while."""
    for _ in range(300):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False
