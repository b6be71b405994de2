"""Ray's side of the engine: a script for Ray's own Python, which imports nothing of the kit.

It takes one request a line on standard input and answers each with one line on standard output,
both JSON. The first says what it is for: ``look`` asks the head about the cluster and ends; with
``serve`` it joins the cluster and then takes ``systems``, ``send``, ``poll`` and ``cancel`` until
standard input ends. Its cells end with it.

Each system has a queue. The next cell of a queue is started when the last one has ended, on the one
node that carries the system's label, and is tied to that node: Ray never chooses another, and
repeats nothing.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import ray
from ray._raylet import GcsClient
from ray.exceptions import (
    AuthenticationError,
    NodeDiedError,
    RayError,
    RayTaskError,
    TaskUnschedulableError,
    WorkerCrashedError,
)
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

#: in the environment of a node's processes: its file, which node.py writes
NODE_VARIABLE = "MLPERF_FLEET_NODE"
#: the label of a node's system, and the two halves of its kit's digest (a label has 63 characters)
LABEL, KIT_LABELS = "mlperf-system", ("mlperf-kit-1", "mlperf-kit-2")
#: what a cell may use there; Ray itself counts one processor and no GPU
RESOURCES = {"cores": "mlperf-cores", "gpus": "mlperf-gpus"}
ALIVE = 0
LOOK_S = 10.0
_POLL_S = 0.3
#: how long a cell may take to end after its agent has let go of it, which gives it 20 s
_LET_GO_S = 30.0
#: how long a system rests after a cell was lost on it
_REST_S = 3.0
_WORDS = 200
_CHUNK = 1 << 16
_LOST = {
    NodeDiedError: "its node is gone",
    TaskUnschedulableError: "its node was gone before it began",
    WorkerCrashedError: "Ray's process that watched it was killed",
}


def run_cell(order: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Run on the node: the cell's command under the kit's supervisor; its end and its result.

    The wait looks up every second, since Ray cannot interrupt a longer one when it cancels. It is
    for the end of the supervisor's output: for a process, Python would look 20 times a second.
    """
    node = json.loads(Path(os.environ[NODE_VARIABLE]).read_text(encoding="utf-8"))
    folder = Path(node["folder"]) / "cells" / order["id"]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    words = {**node, **order, "folder": str(folder)}
    with (folder / "supervisor.log").open("wb") as log:
        process = subprocess.Popen(
            node["supervisor"],
            cwd=node["root"],
            # the node's own environment: Ray sets variables for its workers that slow a cell down
            env=node["environment"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            bufsize=0,
        )
    assert process.stdin
    assert process.stdout
    said = b""
    try:
        # one that could not start has said why in its log
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(words).encode() + b"\n")
        while True:
            ready, _, _ = select.select([process.stdout], [], [], 1.0)
            read = process.stdout.read(_CHUNK) if ready else b""
            if ready and not read:
                break
            said += read
    finally:
        # the supervisor ends its command when this pipe ends
        process.stdin.close()
        try:
            process.wait(_LET_GO_S)
        except subprocess.TimeoutExpired:
            process.kill()
        process.stdout.close()
    try:
        if not said:
            log = (folder / "supervisor.log").read_text(encoding="utf-8", errors="replace")
            last = " ".join(log.split("\n")[-3:])
            raise RuntimeError(f"the supervisor ended with {process.returncode}: {last}")
        end = json.loads(said)
        content = (folder / "result.tar").read_bytes() if end["sha256"] else b""
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return end, content


def one_line(error: BaseException) -> str:
    """What Ray says of an error, without its stacks."""
    cause = getattr(error, "cause", None)
    words = " ".join(str(cause or error).split())
    return f"{type(cause or error).__name__}: {words[:_WORDS]}".rstrip(": ")


def look(address: str) -> dict[str, Any]:
    """What the head says of its cluster; ``refused`` if it does not take the token."""
    own = {"own_ray": ray.__version__, "own_python": ".".join(map(str, sys.version_info[:3]))}
    try:
        head = GcsClient(address=address)
        kept = head.internal_kv_get(b"CLUSTER_METADATA", namespace=b"cluster", timeout=LOOK_S)
        nodes = head.get_all_node_info(timeout=LOOK_S).values()
    except AuthenticationError as error:
        return {**own, "refused": one_line(error)}
    cluster = json.loads(kept or b"{}")
    labels = [
        {"system": each.labels[LABEL], "node": each.node_manager_address}
        for each in nodes
        if each.state == ALIVE and LABEL in each.labels
    ]
    return {
        **own,
        "ray": cluster.get("ray_version", ""),
        "python": cluster.get("python_version", ""),
        "nodes": labels,
    }


class Cluster:
    """The cells of one coordinator; results are written into ``inbox`` as ``<id>.tar.part``."""

    def __init__(self, address: str, own_address: str, inbox: Path) -> None:
        ray.init(
            address=address,
            _node_ip_address=own_address,
            log_to_driver=False,
            logging_level="error",
        )
        self._inbox = inbox
        self._task = ray.remote(num_cpus=0, max_retries=0)(run_cell)
        self._queues: dict[str, deque[dict[str, Any]]] = {}
        self._running: dict[str, dict[str, Any]] = {}
        self._ended: list[dict[str, Any]] = []
        self._gone: set[str] = set()
        self._rests: dict[str, float] = {}

    def systems(self) -> dict[str, Any]:
        """By label the node of each system: where its cell runs, else the only one that has it."""
        found: dict[str, list[dict[str, str]]] = {}
        for node in ray.nodes():
            labels = node.get("Labels") or {}
            if not node["Alive"] or node["NodeID"] in self._gone or LABEL not in labels:
                continue
            host, address = node["NodeManagerHostname"], node["NodeManagerAddress"]
            found.setdefault(labels[LABEL], []).append(
                {
                    "id": node["NodeID"],
                    "node": f"{host} ({address})",
                    "kit": "".join(labels.get(each, "") for each in KIT_LABELS),
                    **{key: labels.get(label, "") for key, label in RESOURCES.items()},
                }
            )
        placed = {label: each["node_id"] for label, each in self._running.items()}
        return {
            label: next((n for n in nodes if n["id"] == placed.get(label)), nodes[0])
            for label, nodes in found.items()
            if len(nodes) == 1 or placed.get(label) in {n["id"] for n in nodes}
        }

    def send(self, order: dict[str, Any]) -> None:
        """Queue the cell, unless it is on its way already."""
        label = order["system"]
        running = self._running.get(label)
        waiting = self._queues.setdefault(label, deque())
        if any(each["id"] == order["id"] for each in waiting):
            return
        if running and running["order"]["id"] == order["id"] and not running["cancelled"]:
            return
        waiting.append(order)
        self._dispatch()

    def cancel(self, cell: str) -> None:
        """Take the cell out of its queue; of one that runs, its end is waited for but not given."""
        for waiting in self._queues.values():
            for each in [one for one in waiting if one["id"] == cell]:
                waiting.remove(each)
        for running in self._running.values():
            if running["order"]["id"] == cell:
                running["cancelled"] = True
                ray.cancel(running["ref"])
        self._ended = [each for each in self._ended if each["id"] != cell]

    def poll(self, wait_s: float) -> list[dict[str, Any]]:
        """The ends since the last call; waits for the first of them."""
        until = time.monotonic() + wait_s
        while True:
            self._dispatch()
            left = max(0.0, min(_POLL_S, until - time.monotonic()))
            refs = {each["ref"]: label for label, each in self._running.items()}
            if refs:
                ready, _ = ray.wait(list(refs), num_returns=1, timeout=left)
                for ref in ready:
                    self._take(refs[ref])
                if ready:
                    self._dispatch()
            elif not self._ended:
                time.sleep(left)
            if self._ended or time.monotonic() >= until:
                ended, self._ended = self._ended, []
                return ended

    def _dispatch(self) -> None:
        ready = [
            label
            for label, waiting in self._queues.items()
            if waiting
            and label not in self._running
            and time.monotonic() >= self._rests.get(label, 0.0)
        ]
        systems = self.systems() if ready else {}
        for label in ready:
            if label not in systems:
                continue
            node, order = systems[label], self._queues[label].popleft()
            tied = NodeAffinitySchedulingStrategy(node_id=node["id"], soft=False)
            self._running[label] = {
                "order": order,
                "node": node["node"],
                "node_id": node["id"],
                "begun": time.monotonic(),
                "cancelled": False,
                "ref": self._task.options(scheduling_strategy=tied).remote(order),
            }

    def _take(self, label: str) -> None:
        running = self._running.pop(label)
        order = running["order"]
        end = {"id": order["id"], "node": running["node"], "tail": [], "exit_code": None}
        end["seconds"] = time.monotonic() - running["begun"]
        try:
            own, content = ray.get(running["ref"])
            end |= own
            if own["sha256"]:
                (self._inbox / f"{order['id']}.tar.part").write_bytes(content)
        except RayTaskError as error:
            end |= {"kind": "failed", "reason": one_line(error)}
        except RayError as error:
            if isinstance(error, NodeDiedError | TaskUnschedulableError):
                self._gone.add(running["node_id"])
            if not running["cancelled"]:
                # a worker may be gone a moment before its node is known to be
                self._rests[label] = time.monotonic() + _REST_S
            end |= {"kind": "lost", "reason": _LOST.get(type(error)) or one_line(error)}
        except OSError as error:
            reason = f"its result could not be written here: {error.strerror or error}"
            end |= {"kind": "failed", "reason": reason}
        if not running["cancelled"]:
            self._ended.append(end)


def serve(cluster: Cluster, requests: TextIO, answer: Any) -> None:
    """Answer requests until they end; what runs then is ended by Ray with this process."""
    for line in requests:
        request = json.loads(line)
        match request["do"]:
            case "systems":
                answer({"systems": cluster.systems()})
            case "send":
                cluster.send(request["order"])
                answer({})
            case "poll":
                answer({"ended": cluster.poll(request["wait_s"])})
            case "cancel":
                cluster.cancel(request["id"])
                answer({})


def main() -> None:
    """Answer on what standard output was; what Ray prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(value: dict[str, Any]) -> None:
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    request = json.loads(sys.stdin.readline())
    try:
        if request["do"] == "look":
            answer(look(request["address"]))
            return
        cluster = Cluster(request["address"], request["own_address"], Path(request["inbox"]))
        answer({"version": f"ray {ray.__version__}"})
        serve(cluster, sys.stdin, answer)
    except BrokenPipeError:
        # the coordinator is gone, and its cells go with us
        pass
    except Exception as error:  # noqa: BLE001
        # whatever Ray raises is the engine's failure
        answer({"error": one_line(error)})


if __name__ == "__main__":
    main()
