"""Stopping the kit stops the run: Ctrl-C, SIGTERM and kill -9, on the host and in Docker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from submission.container.engine import Engine
from submission.container.host_engine import HostEngine
from submission.container.order import CommandOrder

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LABEL = "org.mlperf-kit.test"
WAITING = "echo up; sleep 60"

Parent = subprocess.Popen[str]


@pytest.fixture
def label() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def parent_of(label: str) -> Iterator[Callable[[str], Parent]]:
    """Starts a process that runs an order, and waits until the order runs."""
    started: list[Parent] = []

    def start(engine: str) -> Parent:
        parent = subprocess.Popen(
            [sys.executable, str(HERE / "run_order.py"), engine, label, f"{WAITING} # {label}"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(parent)
        assert parent.stdout
        assert parent.stdout.readline() == "up\n"
        return parent

    yield start
    for parent in started:
        parent.kill()
        parent.communicate()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_kit_leaves_no_process_of_its_host_run(
    parent_of: Callable[[str], Parent], label: str, stop: signal.Signals
) -> None:
    parent = parent_of("host")
    parent.send_signal(stop)
    assert "stopped by" in parent.communicate(timeout=20)[0]
    assert parent.returncode == 130
    assert processes(label) == []


def test_a_killed_kit_leaves_no_process_of_its_host_run(
    parent_of: Callable[[str], Parent], label: str
) -> None:
    parent = parent_of("host")
    assert processes(label)
    parent.kill()
    parent.wait()
    assert eventually(lambda: processes(label) == [])


@pytest.mark.docker
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_kit_leaves_no_container(
    parent_of: Callable[[str], Parent], label: str, stop: signal.Signals
) -> None:
    parent = parent_of("docker")
    parent.send_signal(stop)
    assert "stopped by" in parent.communicate(timeout=20)[0]
    assert docker().reap(LABEL, label) == []


@pytest.mark.docker
def test_a_second_ctrl_c_does_not_spoil_the_removal(
    parent_of: Callable[[str], Parent], label: str
) -> None:
    parent = parent_of("docker")
    for _ in range(3):
        parent.send_signal(signal.SIGINT)
        time.sleep(0.02)
    parent.communicate(timeout=20)
    assert docker().reap(LABEL, label) == []


@pytest.mark.docker
def test_what_a_killed_kit_left_is_reaped_by_the_next(
    parent_of: Callable[[str], Parent], label: str
) -> None:
    parent = parent_of("docker")
    parent.kill()
    parent.wait()
    assert len(docker().reap(LABEL, label)) == 1
    assert docker().reap(LABEL, label) == []


@pytest.mark.parametrize("name", ["host", pytest.param("docker", marks=pytest.mark.docker)])
def test_a_line_arrives_while_the_command_still_runs(name: str) -> None:
    seen: list[float] = []
    order = CommandOrder(
        image="debian:bookworm-slim", command=("sh", "-c", "echo a; sleep 1; echo b")
    )
    engine_named(name).run(order, lambda line: seen.append(time.monotonic()))
    assert seen[1] - seen[0] > 0.8


@pytest.mark.parametrize("name", ["host", pytest.param("docker", marks=pytest.mark.docker)])
def test_the_cores_are_those_of_the_order(name: str) -> None:
    core = str(max(os.sched_getaffinity(0)))
    said: list[str] = []
    order = CommandOrder(
        image="debian:bookworm-slim",
        command=("grep", "Cpus_allowed_list", "/proc/self/status"),
        cpuset=core,
    )
    engine_named(name).run(order, said.append)
    assert said[0].split() == ["Cpus_allowed_list:", core]


def test_what_a_host_command_left_in_the_background_ends_with_it() -> None:
    word = uuid.uuid4().hex
    order = CommandOrder(
        image="", command=("sh", "-c", f"sh -c 'sleep 60; : {word}' & echo started")
    )
    began = time.monotonic()
    assert engine_named("host").run(order, print).exit_code == 0
    assert time.monotonic() - began < 20
    assert eventually(lambda: processes(word) == [])


def docker() -> Engine:
    from tests.fakes.real_engine import real_engine

    return real_engine()


def engine_named(name: str) -> Engine:
    return docker() if name == "docker" else HostEngine(environment=os.environ, root=ROOT)


def processes(word: str) -> list[str]:
    """Command lines that hold the word, other than that of the test's own parent process."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if word in line and "run_order.py" not in line:
            found.append(line)
    return found


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()
