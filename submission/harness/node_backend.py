"""Runs the model in one process per NUMA node, so that weights and work stay on a node.

LoadGen, the queue and the answers stay in this process; each slot of each worker has a connection
of its own and is one slot of this backend, so that dispatch works as in one process.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import numpy as np

from submission.harness import wire
from submission.harness.backend import Answer, Backend, Heartbeat
from submission.harness.failure import FailureKind, HarnessError
from submission.harness.node import NODES, Node, nodes_to_split, on_cpus
from submission.harness.openvino_backend import open_backend as open_in_process
from submission.harness.openvino_backend import plan_config
from submission.squad.samples import Samples
from submission.terms import RunSpec

NUMA_ROOT = "numa_root"
WORKER = "submission.harness.node_worker"
END_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A worker process and this side of its connections."""

    node: Node
    process: subprocess.Popen[bytes]
    control: Connection
    slots: tuple[Connection, ...]

    def lost(self) -> str:
        """How the worker ended, in words."""
        try:
            code = self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            return f"the worker of NUMA node {self.node.number} does not answer any more"
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"the worker of NUMA node {self.node.number} has ended ({how})"

    def end(self) -> None:
        """Close the connection, on which the worker ends; kill it if it does not."""
        for connection in (self.control, *self.slots):
            connection.close()
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class NodeBackend:
    """The slots of all workers; opened by ``open_backend``."""

    def __init__(self, samples: Samples, workers: Sequence[Worker], why: str) -> None:
        self._lengths = samples.lengths
        self._workers = tuple(workers)
        self._lanes = [(worker, slot) for worker in workers for slot in worker.slots]
        self._why = why

    @property
    def slots(self) -> int:
        """Infer requests of all workers together."""
        return len(self._lanes)

    def load(self, indices: Sequence[int]) -> None:
        """Every worker prepares all samples, since any of them may run on any node."""
        self._send_all("load", indices)

    def unload(self, indices: Sequence[int]) -> None:
        """Each worker releases them."""
        self._send_all("unload", indices)

    def warm_up(self, heartbeat: Heartbeat) -> None:
        """Warm up all nodes side by side, as they will run."""
        ask_all(self._workers, {"do": "warm"}, heartbeat)

    def infer(self, slot: int, indices: Sequence[int]) -> list[Answer]:
        """Let the slot's worker run them; RuntimeError if that fails or the worker has ended."""
        worker, connection = self._lanes[slot]
        try:
            connection.send_bytes(wire.request(indices))
            message = connection.recv_bytes()
        except wire.GONE as error:
            raise RuntimeError(worker.lost()) from error
        return wire.answers_of(message, self._lengths[np.asarray(indices)])

    def facts(self) -> Mapping[str, Any]:
        """What the workers compiled and used, one by one and in sum."""
        answers = ask_all(self._workers, {"do": "facts"})
        common = {key: value for key, value in answers[0].items() if key not in OWN}
        return {
            **common,
            "streams": sum(each["streams"] for each in answers),
            "requests": sum(each["requests"] for each in answers),
            "processes": len(answers),
            "processes_reason": self._why,
            "workers": [
                {
                    "node": worker.node.number,
                    "cpus": list(worker.node.cpus),
                    **{key: each[key] for key in OWN},
                }
                for worker, each in zip(self._workers, answers, strict=True)
            ],
        }

    def close(self) -> None:
        for worker in self._workers:
            worker.end()

    def _send_all(self, what: str, indices: Sequence[int]) -> None:
        ask_all(self._workers, {"do": what, "indices": [int(index) for index in indices]})


OWN = (
    "streams",
    "requests",
    "properties",
    "ran",
    "memory_peak_bytes",
    "cpu_user_s",
    "cpu_system_s",
)


def open_backend(spec: RunSpec, samples: Samples, heartbeat: Heartbeat) -> Backend:
    """One process, or one per NUMA node if the run may use several and the plan asks for it.

    Raises HarnessError "model" or "memory" as the backend of one process does.
    """
    nodes, why = nodes_to_split(spec.plan, Path(spec.extra.get(NUMA_ROOT, NODES)))
    if not nodes:
        about = {"processes": 1, "processes_reason": why}
        return open_in_process(spec, samples, heartbeat, about)
    workers: list[Worker] = []
    try:
        workers += (_start(spec, node) for node in nodes)
        collect(workers, heartbeat)
    except BaseException:
        for worker in workers:
            worker.end()
        raise
    return NodeBackend(samples, workers, why)


def _start(spec: RunSpec, node: Node) -> Worker:
    """Start the worker on the node's processors and send it what to open."""
    _, slots, _ = plan_config(spec.plan, cores=len(node.cpus))
    pairs = [Pipe() for _ in range(slots + 1)]
    theirs = [other.fileno() for _, other in pairs]
    with on_cpus(node.cpus):
        process = subprocess.Popen(
            [sys.executable, "-m", WORKER, str(theirs[0])],
            stdin=subprocess.DEVNULL,
            pass_fds=theirs,
            cwd=Path(__file__).parents[2],
        )
    for _, other in pairs:
        other.close()
    control, *own = (pair[0] for pair in pairs)
    wire.send(control, {"spec": spec.to_json(), "slots": theirs[1:]})
    return Worker(node=node, process=process, control=control, slots=tuple(own))


def ask_all(
    workers: Sequence[Worker], message: Mapping[str, Any], heartbeat: Heartbeat | None = None
) -> list[dict[str, Any]]:
    """The workers' answers; HarnessError of the first that fails or has ended."""
    for worker in workers:
        _or_lost(worker, lambda control=worker.control: wire.send(control, message))  # type: ignore[misc]
    return collect(workers, heartbeat)


def collect(workers: Sequence[Worker], heartbeat: Heartbeat | None = None) -> list[dict[str, Any]]:
    """Wait until each worker is done; their heartbeats are added up."""
    done: dict[int, dict[str, Any]] = {}
    steps: dict[int, list[int]] = {}
    while len(done) < len(workers):
        ready = wait([w.control for at, w in enumerate(workers) if at not in done])
        for at, worker in enumerate(workers):
            if worker.control not in ready:
                continue
            message = _or_lost(worker, lambda control=worker.control: wire.receive(control))  # type: ignore[misc]
            if "error" in message:
                raise wire.failure_of(message["error"])
            if "done" in message:
                done[at] = message["done"]
            elif heartbeat is not None:
                steps[at] = message["beat"]
                heartbeat(*(sum(column) for column in zip(*steps.values(), strict=True)))
    return [done[at] for at in range(len(workers))]


def _or_lost(worker: Worker, do: Callable[[], Any]) -> Any:
    try:
        return do()
    except wire.GONE as error:
        raise HarnessError(
            worker.lost(),
            kind=FailureKind.WORKER,
            detail=f"on processors {', '.join(map(str, worker.node.cpus))}",
            hint="see harness.log, and check that the memory is enough for a process per node",
        ) from error
