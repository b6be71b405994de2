"""``python -m submission.harness.node_worker FD``: runs the model on one NUMA node's processors.

A child of LoadGen's process, which started it on those processors; it ends with its parent.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from submission.harness import facts, wire
from submission.harness.backend import Backend
from submission.harness.failure import FailureKind, HarnessError
from submission.harness.openvino_backend import open_backend
from submission.harness.qsl import read_qsl
from submission.terms import RunSpec


def serve(control: Connection) -> None:
    """Open the backend of the first message, then obey the further ones."""
    job = wire.receive(control)
    spec = RunSpec.from_json(job["spec"])

    def heartbeat(done: int, total: int) -> None:
        wire.send(control, {"beat": [done, total]})

    opened: list[Backend] = []
    _reply(control, lambda: opened.append(open_backend(spec, read_qsl(_file(spec)), heartbeat)))
    if not opened:
        return
    backend = opened[0]
    for slot, number in enumerate(job["slots"]):
        # one thread per slot, since a slot must not be used by two at once
        threading.Thread(
            target=_answer, args=(backend, slot, Connection(number)), daemon=True
        ).start()
    _obey(control, backend, heartbeat)


def _obey(control: Connection, backend: Backend, heartbeat: Callable[[int, int], None]) -> None:
    before = facts.usage()
    while True:
        message = wire.receive(control)
        match message["do"]:
            case "load":
                _reply(control, lambda: backend.load(message["indices"]))  # noqa: B023
            case "unload":
                _reply(control, lambda: backend.unload(message["indices"]))  # noqa: B023
            case "warm":
                _reply(control, lambda: backend.warm_up(heartbeat))
                before = facts.usage()
            case _:
                _reply(control, lambda: _facts(backend, before))  # noqa: B023


def _answer(backend: Backend, slot: int, connection: Connection) -> None:
    while True:
        try:
            indices = wire.requested(connection.recv_bytes())
        except wire.GONE:
            return
        try:
            message = wire.good(backend.infer(slot, indices))
        except Exception as error:  # noqa: BLE001  # the parent fails the run with it
            message = wire.bad(error)
        connection.send_bytes(message)


def _reply(control: Connection, do: Callable[[], dict[str, Any] | None]) -> None:
    """Do it, and reply with its result or its failure."""
    try:
        message = {"done": do() or {}}
    except wire.GONE:
        raise
    except HarnessError as error:
        message = {"error": wire.failure_words(error)}
    except Exception as error:  # noqa: BLE001  # a bug of ours is reported like any failure
        bug = HarnessError(
            "a worker of the harness has a bug",
            kind=FailureKind.BUG,
            detail=f"{type(error).__name__}: {error}",
            hint="please report it with harness.log",
        )
        message = {"error": wire.failure_words(bug)}
    wire.send(control, message)


def _facts(backend: Backend, before: dict[str, float]) -> dict[str, Any]:
    now = facts.usage()
    used = {key: round(now[key] - before[key], 3) for key in now if key.startswith("cpu_")}
    return {**backend.facts(), **used, "memory_peak_bytes": now["memory_peak_bytes"]}


def _file(spec: RunSpec) -> Path:
    return Path(spec.features)


def main(number: int) -> None:
    """Serve until the parent is gone; a thread in native code does not delay the end."""
    # LoadGen's process handles Ctrl-C
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        serve(Connection(number))
    except wire.GONE:
        pass
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
