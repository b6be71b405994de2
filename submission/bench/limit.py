"""OpenVINO alone: its own queue over prepared inputs, without LoadGen, answers or checks.

The mix of shapes is the SUT's: same samples, same groups, same order.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
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
    queues = {
        length: ov.AsyncInferQueue(model, found.requests) for length, model in found.models.items()
    }
    _pass({length: [feeds[0]] * found.requests for length, feeds in work.items()}, queues)
    before, start = _cpu_s(), time.perf_counter()
    _pass(work, queues)
    wall_s = time.perf_counter() - start
    return Pass(samples=len(indices), wall_s=wall_s, cpu_s=_cpu_s() - before)


def _prepared(
    spec: RunSpec, qa: QaModel, samples: Samples, indices: Sequence[int], buckets: list[int]
) -> dict[int, list[dict[str, Any]]]:
    chosen = np.asarray(indices)
    together, _ = groups(samples.lengths[chosen], order_of(spec))
    bucket_of = assign_buckets(samples.lengths, buckets, int(spec.extra.get(TRAILING_PAD, 0)))
    names = [qa.inputs[feature] for feature in FEATURES]
    work: dict[int, list[dict[str, Any]]] = {}
    for places in together:
        group = [int(chosen[place]) for place in places]
        length = max(int(bucket_of[index]) for index in group)
        rows = np.zeros((len(FEATURES), spec.plan.batch, length), np.int64)
        for row, index in enumerate(group):
            samples.write(index, *rows[:, row])
        work.setdefault(length, []).append(dict(zip(names, rows, strict=True)))
    return work


def _pass(work: dict[int, list[dict[str, Any]]], queues: dict[int, Any]) -> None:
    for length, feeds in work.items():
        for feed in feeds:
            queues[length].start_async(feed, share_inputs=True)
    for queue in queues.values():
        queue.wait_all()


def _cpu_s() -> float:
    used = usage()
    return used["cpu_user_s"] + used["cpu_system_s"]
