"""OpenVINO alone over prepared inputs, without LoadGen, answers or checks.

The mix of shapes is the SUT's: same samples, same groups, same order, and as there one thread for
each request, in which OpenVINO works: its own asynchronous queue is slower over many lengths.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
import openvino as ov

from submission.bench.shapes import compile_shapes
from submission.harness.dispatch import groups
from submission.harness.facts import usage
from submission.harness.openvino_backend import TRAILING_PAD, assign_buckets
from submission.harness.openvino_model import FEATURES, QaModel, read_model
from submission.harness.run import order_of
from submission.harness.samples import Samples, read_features
from submission.terms import RunSpec

Feed = tuple[int, dict[str, Any]]
"""The length that a group of samples runs at, and its inputs."""


@dataclass(frozen=True, kw_only=True)
class Pass:
    """One pass over the samples: seconds by the clock and of the process' CPU time."""

    samples: int
    wall_s: float
    cpu_s: float


def run_limit(spec: RunSpec, indices: Sequence[int]) -> Pass:
    """Run the samples once, warm, and time it; raises HarnessError as a run does."""
    samples = read_features(Path(spec.features))
    qa = read_model(ov.Core(), Path(spec.model_xml), spec.model_inputs)
    found = compile_shapes(qa, spec.plan)
    work = _prepared(spec, qa, samples, indices, sorted(found.models))
    lanes = [
        {length: model.create_infer_request() for length, model in found.models.items()}
        for _ in range(found.requests)
    ]
    wall_s, cpu_s = _timed(work, lanes)
    return Pass(samples=len(indices), wall_s=wall_s, cpu_s=cpu_s)


def _prepared(
    spec: RunSpec, qa: QaModel, samples: Samples, indices: Sequence[int], buckets: list[int]
) -> list[Feed]:
    chosen = np.asarray(indices)
    together, _ = groups(samples.lengths[chosen], order_of(spec))
    bucket_of = assign_buckets(samples.lengths, buckets, int(spec.extra.get(TRAILING_PAD, 0)))
    names = [qa.inputs[feature] for feature in FEATURES]
    work: list[Feed] = []
    for places in together:
        group = [int(chosen[place]) for place in places]
        length = max(int(bucket_of[index]) for index in group)
        rows = np.zeros((len(FEATURES), spec.plan.batch, length), np.int64)
        for row, index in enumerate(group):
            samples.write(index, *rows[:, row])
        work.append((length, dict(zip(names, rows, strict=True))))
    return work


def _timed(work: Sequence[Feed], lanes: Sequence[Mapping[int, Any]]) -> tuple[float, float]:
    """Seconds by the clock and of CPU time for ``work``, with a thread for each of ``lanes``.

    Each first runs every length once: OpenVINO gives a thread its stream at the first sample.
    """
    waiting: SimpleQueue[Feed] = SimpleQueue()
    for feed in work:
        waiting.put(feed)
    ready = threading.Barrier(len(lanes) + 1)

    def run(lane: Mapping[int, Any]) -> None:
        try:
            for length, feed in dict(work).items():
                _infer(lane[length], feed)
        except BaseException:
            ready.abort()  # the others, and who waits to start the clock, shall not wait for ever
            raise
        ready.wait()
        while True:
            try:
                length, feed = waiting.get_nowait()
            except Empty:
                return
            _infer(lane[length], feed)

    with ThreadPoolExecutor(len(lanes)) as pool:
        running = [pool.submit(run, lane) for lane in lanes]
        with suppress(threading.BrokenBarrierError):
            ready.wait()
        before, start = _cpu_s(), time.perf_counter()
        wait(running)
        wall_s, cpu_s = time.perf_counter() - start, _cpu_s() - before
    failures = [error for each in running if (error := each.exception()) is not None]
    # who failed in itself, rather than by the barrier that another one broke
    failures.sort(key=lambda error: isinstance(error, threading.BrokenBarrierError))
    if failures:
        raise failures[0]
    return wall_s, cpu_s


def _infer(request: Any, feed: Mapping[str, Any]) -> None:
    request.infer(feed, share_inputs=True, share_outputs=True)


def _cpu_s() -> float:
    used = usage()
    return used["cpu_user_s"] + used["cpu_system_s"]
