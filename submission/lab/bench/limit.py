"""OpenVINO alone over prepared inputs, without LoadGen, answers or checks.

The mix of buckets is the SUT's: same samples, same groups, same order, and as there one thread for
each request, in which OpenVINO works: its own asynchronous queue is slower over many lengths.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov

from submission.harness.buckets import assign_buckets
from submission.harness.dispatch import groups
from submission.harness.facts import usage
from submission.harness.openvino_backend import TRAILING_PAD, ir_file
from submission.harness.qsl import read_qsl
from submission.harness.run import order_of
from submission.ir.model import QaModel, read_model
from submission.lab.bench.buckets import compile_buckets
from submission.squad.samples import Samples
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
    samples = read_qsl(Path(spec.features))
    qa = read_model(ir_file(spec))
    found = compile_buckets(qa, spec.plan)
    work = _prepared(spec, qa, samples, indices, sorted(found.models))
    slots = [
        {length: model.compiled.create_infer_request() for length, model in found.models.items()}
        for _ in range(found.requests)
    ]
    wall_s, cpu_s = _timed(work, slots)
    return Pass(samples=len(indices), wall_s=wall_s, cpu_s=cpu_s)


def _prepared(
    spec: RunSpec, qa: QaModel, samples: Samples, indices: Sequence[int], buckets: list[int]
) -> list[Feed]:
    chosen = np.asarray(indices)
    together, _ = groups(samples.lengths[chosen], order_of(spec))
    bucket_of = assign_buckets(samples.lengths, buckets, int(spec.extra.get(TRAILING_PAD, 0)))
    work: list[Feed] = []
    for places in together:
        group = [int(chosen[place]) for place in places]
        length = max(int(bucket_of[index]) for index in group)
        rows = samples.padded(group, length, rows=spec.plan.batch)
        work.append((length, qa.feed(rows)))
    return work


def _timed(work: Sequence[Feed], slots: Sequence[Mapping[int, Any]]) -> tuple[float, float]:
    """Seconds by the clock and of CPU time for ``work``, with a thread for each of ``slots``.

    Each first runs every length once: OpenVINO gives a thread its stream at the first sample.
    """
    # OpenVINO fills a table at its first tensor: two threads that come to it at once can wait for
    # each other for ever
    ov.Tensor(np.zeros(1, np.int64))
    with ExitStack() as stack:
        threads = [stack.enter_context(ThreadPoolExecutor(1)) for _ in slots]

        def run_all(feeds: Sequence[Iterator[Feed]]) -> None:
            asked = [
                thread.submit(_run, slot, each)
                for thread, slot, each in zip(threads, slots, feeds, strict=True)
            ]
            for each in asked:
                each.result()

        run_all([iter(dict(work).items()) for _ in slots])
        before, start = _cpu_s(), time.perf_counter()
        # one iterator for all: who is free takes the next
        run_all([iter(work)] * len(slots))
        return time.perf_counter() - start, _cpu_s() - before


def _run(slot: Mapping[int, Any], feeds: Iterator[Feed]) -> None:
    for length, feed in feeds:
        slot[length].infer(feed, share_inputs=True, share_outputs=True)


def _cpu_s() -> float:
    used = usage()
    return used["cpu_user_s"] + used["cpu_system_s"]
