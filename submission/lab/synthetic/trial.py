"""Time a model without LoadGen: to compare models, never as a result."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from submission.artifacts.locate import ir_file
from submission.artifacts.manifest import Manifest
from submission.errors import StageError
from submission.ir.compiled import EXACT, CompiledModel, compile_qa
from submission.ir.inspect import inspect
from submission.ir.model import QaModel, read_model
from submission.squad.samples import Samples

_MS = 1000.0
_FIRST_ID, _LAST_ID = 1000, 30_000


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Milliseconds a sample, with all streams busy: by the clock, and CPU time of all cores."""

    wall_ms: float
    cpu_ms: float


@dataclass(frozen=True, kw_only=True)
class TimedModel:
    """A compiled model with one infer request a stream; a sample has no padding."""

    name: str
    multiply_adds: int
    qa: QaModel
    queue: Any
    streams: int
    rows: tuple[NDArray[np.int64], ...]

    def time(self, samples: int) -> Timing:
        """Run ``samples`` samples on all streams."""
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        for _ in range(samples):
            self.queue.start_async(self.rows, share_inputs=True)
        self.queue.wait_all()
        return Timing(
            wall_ms=_MS * (time.perf_counter() - wall_s) / samples,
            cpu_ms=_MS * (time.process_time() - cpu_s) / samples,
        )


def timed_model(manifest: Manifest, *, length: int) -> TimedModel:
    """Compile the model beside ``manifest`` at ``length`` tokens, one stream a usable core.

    Raises StageError if the model does not run at that length.
    """
    xml = manifest.path.parent / manifest.role("topology").name
    qa = read_model(ir_file(xml, manifest))
    streams = len(os.sched_getaffinity(0))
    return TimedModel(
        name=manifest.name,
        multiply_adds=inspect(xml, length=length).operations.per_token,
        qa=qa,
        queue=_compiled(qa, length, streams).queue(streams),
        streams=streams,
        rows=_sample(length, length),
    )


def logits_difference(qa: QaModel, length: int, shorter: int) -> float:
    """The largest difference between one sample's logits at ``length`` and at ``shorter`` tokens.

    The sample leaves room for one padding token, which MobileBERT needs.
    """
    real = shorter - 1
    at_length, at_shorter = (
        _compiled(qa, size, 1).answer(_sample(real, size))[0, :real] for size in (length, shorter)
    )
    return float(np.abs(at_length - at_shorter).max())


def _compiled(qa: QaModel, length: int, streams: int) -> CompiledModel:
    model = qa.at(length)
    if model is None:
        raise StageError(
            f"{qa.name} cannot be run at {length} tokens",
            detail=f"its own length is {qa.static_length or 'open'}",
            hint="give a length up to its own",
        )
    config = {**EXACT, "NUM_STREAMS": streams, "INFERENCE_NUM_THREADS": streams}
    return compile_qa(qa, model, config)


def _sample(real: int, length: int) -> tuple[NDArray[np.int64], ...]:
    ids = np.random.default_rng(0).integers(_FIRST_ID, _LAST_ID, real)
    sample = Samples(
        lengths=np.array([real], np.int32),
        tokens=ids.astype(np.int32),
        segment_starts=np.array([real // 4], np.int32),
    )
    return tuple(sample.padded([0], length))
