"""Runs the model with OpenVINO on the CPU, at static lengths ("buckets").

A sample runs at the first bucket that holds it. Static shapes keep the logits of real tokens
as they are at full length, which dynamic ones do not for INT8 models. Memory is bounded by
buckets x slots: each bucket has its own compiled model, and in it one request a slot.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from submission.harness.backend import Answer, Beat
from submission.harness.failure import HarnessError, Kind
from submission.harness.openvino_model import FEATURES, QaModel, read_model
from submission.harness.samples import Samples
from submission.terms import RunSpec

TRAILING_PAD = "trailing_pad"


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One infer request of one slot at one length, with views of its memory.

    ``inputs`` are the rows [length] of the three features, ``outputs`` the logits: one
    [length, 2] or two [length].
    """

    request: Any
    inputs: tuple[NDArray[Any], ...]
    outputs: tuple[NDArray[np.float32], ...]

    def run(self, rows: Sequence[NDArray[Any]], length: int) -> Answer:
        """Start and end logits float32 [length, 2] of one padded sample."""
        for view, row in zip(self.inputs, rows, strict=True):
            view[:] = row
        self.request.start_async()
        self.request.wait()
        if len(self.outputs) == 1:
            return np.array(self.outputs[0][:length], dtype=np.float32)
        return np.stack([view[:length] for view in self.outputs], axis=-1)


class OpenVinoBackend:
    """Compiled models for each bucket that the samples need; opened by ``open_backend``."""

    def __init__(
        self,
        *,
        samples: Samples,
        lanes: Mapping[int, Sequence[Lane]],
        trailing_pad: int,
        facts: Mapping[str, Any],
    ) -> None:
        self._samples = samples
        self._lanes = dict(lanes)
        self._facts = dict(facts)
        self._buckets = sorted(lanes)
        self._bucket_of = assign_buckets(samples.lengths, self._buckets, trailing_pad)
        self._inputs: dict[int, tuple[NDArray[Any], ...]] = {}

    @property
    def slots(self) -> int:
        """Infer requests that may be in flight at once."""
        return len(next(iter(self._lanes.values())))

    def load(self, indices: Sequence[int]) -> None:
        """Pad these samples to their buckets."""
        for index in indices:
            if index not in self._inputs:
                self._inputs[index] = self._rows(index)

    def unload(self, indices: Sequence[int]) -> None:
        """Forget the padded inputs of these samples."""
        for index in indices:
            self._inputs.pop(index, None)

    def warm_up(self, beat: Beat) -> None:
        """Run one sample of each bucket at every slot."""
        for done, bucket in enumerate(self._buckets, start=1):
            index = int(np.argmax(self._bucket_of == bucket))
            rows = self._rows(index)
            for lane in self._lanes[bucket]:
                lane.run(rows, int(self._samples.lengths[index]))
            beat(done, len(self._buckets))

    def infer(self, slot: int, indices: Sequence[int]) -> list[Answer]:
        """Run the samples one after the other at this slot."""
        return [
            self._lanes[int(self._bucket_of[index])][slot].run(
                self._inputs[index], int(self._samples.lengths[index])
            )
            for index in indices
        ]

    def facts(self) -> Mapping[str, Any]:
        """Shapes, streams and notes of what was compiled."""
        return self._facts

    def close(self) -> None:
        """Let OpenVINO free its models."""
        self._lanes.clear()
        self._inputs.clear()

    def _rows(self, index: int) -> tuple[NDArray[Any], ...]:
        lane = self._lanes[int(self._bucket_of[index])][0]
        rows = tuple(np.empty_like(view) for view in lane.inputs)
        self._samples.write(index, *rows)
        return rows


def open_backend(spec: RunSpec, samples: Samples, beat: Beat) -> OpenVinoBackend:
    """Read, check and compile the model of the RunSpec by its plan.

    Raises HarnessError "model" if the IR does not fit or does not take the longest sample.
    """
    core = ov.Core()
    qa = read_model(core, Path(spec.model_xml), spec.model_inputs)
    pad = int(spec.extra.get(TRAILING_PAD, 0))
    models, notes = _shaped(qa, spec.plan.buckets, samples, pad)
    used = np.unique(assign_buckets(samples.lengths, sorted(models), pad)).tolist()
    streams, slots, config = _config(spec)
    lanes: dict[int, list[Lane]] = {}
    for done, bucket in enumerate(used, start=1):
        lanes[bucket] = _compile(core, qa, models.pop(bucket), config, slots)
        beat(done, len(used))
    facts = {
        "buckets": used,
        "streams": streams,
        "requests": slots,
        "trailing_pad": pad,
        "properties": {key: str(value) for key, value in config.items()},
        "static_length": qa.static_length,
        "notes": notes,
    }
    return OpenVinoBackend(samples=samples, lanes=lanes, trailing_pad=pad, facts=facts)


def assign_buckets(
    lengths: NDArray[np.int32], buckets: Sequence[int], trailing_pad: int
) -> NDArray[np.int32]:
    """The bucket of each sample: the first that holds it and ``trailing_pad`` more tokens.

    A sample that fits only without that padding gets the last bucket, as a fully used input
    does everywhere.
    """
    order = np.asarray(buckets, dtype=np.int32)
    places = np.searchsorted(order, lengths + trailing_pad)
    chosen: NDArray[np.int32] = order[np.minimum(places, len(order) - 1)]
    return chosen


def _shaped(
    qa: QaModel, buckets: Sequence[int], samples: Samples, pad: int
) -> tuple[dict[int, Any], list[str]]:
    longest = int(samples.lengths.max())
    wanted = sorted(set(buckets))
    notes: list[str] = []
    models = {}
    for bucket in wanted[: bisect_left(wanted, longest + pad) + 1]:
        shaped = qa.at(bucket)
        if shaped is not None:
            models[bucket] = shaped
        else:
            notes.append(f"the graph cannot be given the length {bucket}")
    if qa.static_length is not None and (not models or max(models) < longest):
        static = qa.at(qa.static_length)
        models |= {qa.static_length: static} if static is not None else {}
        notes.append(f"used at the length of its graph, {qa.static_length}")
    if not models or max(models) < longest:
        raise HarnessError(
            f"a sample of {longest} tokens is longer than the model takes",
            kind=Kind.MODEL,
            detail=f"{qa.name}: lengths that can be compiled {sorted(models)}, of {wanted}",
            hint="choose another model, other buckets, or features of a smaller max_seq_length",
        )
    return models, notes


def _config(spec: RunSpec) -> tuple[int, int, dict[str, Any]]:
    cores = len(os.sched_getaffinity(0))
    plan = spec.plan
    streams = plan.streams or cores
    config = {
        "NUM_STREAMS": streams,
        "INFERENCE_NUM_THREADS": plan.threads or cores,
        "INFERENCE_PRECISION_HINT": plan.inference_precision,
        # each bucket has threads of its own: pinned, those of two buckets would share a core
        "ENABLE_CPU_PINNING": False,
    }
    return streams, plan.requests or streams, config


def _compile(core: Any, qa: QaModel, model: Any, config: dict[str, Any], slots: int) -> list[Lane]:
    try:
        compiled = core.compile_model(model, "CPU", config)
    except (RuntimeError, MemoryError) as error:
        raise HarnessError(
            f"the model {qa.name} cannot be compiled",
            kind=Kind.MODEL,
            detail=f"OpenVINO: {error}",
            hint="see whether the memory is enough for the plan's buckets and streams",
        ) from error
    return [_lane(compiled.create_infer_request(), qa) for _ in range(slots)]


def _lane(request: Any, qa: QaModel) -> Lane:
    return Lane(
        request=request,
        inputs=tuple(request.get_tensor(qa.inputs[feature]).data[0] for feature in FEATURES),
        outputs=tuple(request.get_output_tensor(index).data[0] for index in qa.outputs),
    )
