"""Runs the model with OpenVINO on the CPU, in buckets: static lengths that are compiled.

Samples run at the first bucket that holds the longest of them. Static shapes keep the logits of
real tokens as they are at full length, which dynamic ones do not for INT8 models. Memory grows
with buckets x slots: each bucket has its own compiled model, with one request per slot.

The slot's own thread runs a sample synchronously, and OpenVINO up to 2024.6 works in that thread;
later versions hand it to a thread of the bucket all the same (measurements/sut.md, Server).
Asynchronous requests would hand each sample to a thread of its bucket, and the kernel often woke
two of those many threads on one core while another core was idle.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from submission.errors import ModelError
from submission.harness.backend import Answer, Heartbeat
from submission.harness.buckets import assign_buckets
from submission.harness.facts import memory_bytes, usable_cores
from submission.harness.failure import FailureKind, HarnessError
from submission.ir.compiled import (
    InferRequest,
    Prepared,
    check_numbers,
    compile_qa,
    openvino_failures,
)
from submission.ir.model import QaModel, SampleRanges, read_model
from submission.ir.names import FEATURES, POSITIONS, IrFile
from submission.squad.samples import Samples
from submission.terms import RunSpec, SutPlan

TRAILING_PAD = "trailing_pad"
WARM_ROUNDS = 2
_TOO_LONG = "export the model again with dynamic shapes, or for 384 tokens"


class OpenVinoBackend:
    """A compiled model for each bucket that the samples need; opened by ``open_backend``."""

    def __init__(
        self,
        *,
        samples: Samples,
        requests: Mapping[int, Sequence[InferRequest]],
        features: Sequence[str],
        batch: int,
        trailing_pad: int,
        facts: Mapping[str, Any],
    ) -> None:
        self._samples = samples
        self._requests = dict(requests)
        self._facts = dict(facts)
        self._features = tuple(features)
        self._batch = batch
        self._buckets = sorted(requests)
        self._bucket_of = assign_buckets(samples.lengths, self._buckets, trailing_pad)
        self._inputs: dict[int, Prepared] = {}
        self._any_request = requests[self._buckets[0]][0]

    @property
    def slots(self) -> int:
        """Infer requests that may be in flight at once."""
        return len(next(iter(self._requests.values())))

    def load(self, indices: Sequence[int]) -> None:
        """Lay out the features of these samples."""
        for index in indices:
            if index not in self._inputs:
                self._inputs[index] = self._prepare(index)

    def unload(self, indices: Sequence[int]) -> None:
        """Release the features of these samples."""
        for index in indices:
            self._inputs.pop(index, None)

    def warm_up(self, heartbeat: Heartbeat) -> None:
        """Run one sample of each bucket at every slot, side by side.

        In sequence, one stream might run them all, and the others would initialize during the
        timed run. Raises HarnessError "model" if OpenVINO does not run it.
        """
        for done, bucket in enumerate(self._buckets, start=1):
            prepared = self._prepare(int(np.argmax(self._bucket_of == bucket)))
            with (
                _model_failures(),
                openvino_failures(f"the model does not run at {bucket} tokens"),
            ):
                self._warm(self._requests[bucket], prepared)
                check_numbers(
                    self._requests[bucket][0].run([prepared]), f"a sample at {bucket} tokens"
                )
            heartbeat(done, len(self._buckets))

    def _warm(self, requests: Sequence[InferRequest], prepared: Prepared) -> None:
        for _ in range(WARM_ROUNDS):
            for request in requests:
                request.start([prepared] * self._batch)
            for request in requests:
                request.request.wait()

    def infer(self, slot: int, indices: Sequence[int]) -> list[Answer]:
        """Run the samples at this slot, in batches of the compiled size."""
        answers: list[Answer] = []
        for start in range(0, len(indices), self._batch):
            together = indices[start : start + self._batch]
            bucket = max(int(self._bucket_of[index]) for index in together)
            answers += self._requests[bucket][slot].run([self._inputs[index] for index in together])
        return answers

    def facts(self) -> Mapping[str, Any]:
        """Buckets, streams and notes of what was compiled."""
        return self._facts

    def close(self) -> None:
        """Let OpenVINO free its models."""
        self._requests.clear()
        self._inputs.clear()

    def _prepare(self, index: int) -> Prepared:
        length = int(self._samples.lengths[index])
        rows = {feature: np.empty(length, np.int64) for feature in FEATURES}
        self._samples.write(index, *rows.values())
        rows[POSITIONS] = np.arange(length)
        return tuple(
            rows[feature].astype(view.dtype)
            for feature, view in zip(self._features, self._any_request.inputs, strict=True)
        )


def open_backend(
    spec: RunSpec,
    samples: Samples,
    heartbeat: Heartbeat,
    about: Mapping[str, Any] = MappingProxyType({}),
) -> OpenVinoBackend:
    """The model of the RunSpec, compiled by its plan; ``about`` adds facts.

    Raises HarnessError as ``open_model`` does.
    """
    return open_model(ir_file(spec), spec.plan, samples, heartbeat, about)


def ir_file(spec: RunSpec) -> IrFile:
    """The IR of a RunSpec."""
    return IrFile(
        xml=Path(spec.model_xml),
        inputs=spec.model_inputs,
        outputs=spec.model_outputs,
        trailing_pad=int(spec.extra.get(TRAILING_PAD, 0)),
    )


def open_model(
    file: IrFile,
    plan: SutPlan,
    samples: Samples,
    heartbeat: Heartbeat,
    about: Mapping[str, Any] = MappingProxyType({}),
) -> OpenVinoBackend:
    """Read, check and compile a model for these samples; ``about`` adds facts.

    Raises HarnessError "model" if the IR does not fit or does not take the longest sample, and
    HarnessError "memory" if it takes more than the plan allows.
    """
    with _model_failures():
        qa = read_model(file)
    pad = file.trailing_pad
    models, notes = _shaped(qa, plan, samples, pad)
    with _model_failures():
        _check_samples(qa, samples)
    used = np.unique(assign_buckets(samples.lengths, sorted(models), pad)).tolist()
    streams, slots, config = plan_config(plan)
    # synchronous only with a stream for each slot: OpenVINO assigns streams to threads in turn,
    # and two threads of one stream would wait for each other
    own = slots <= streams
    requests: dict[int, list[InferRequest]] = {}
    ran: dict[str, str] = {}
    for done, bucket in enumerate(used, start=1):
        with _model_failures():
            compiled = compile_qa(qa, models.pop(bucket), config)
            ran = compiled.ran()
            _check_ran(plan, config, ran)
            requests[bucket] = [compiled.request(own_thread=own) for _ in range(slots)]
        heartbeat(done, len(used))
        _check_memory(plan, done, len(used))
    facts = _facts(qa, plan, used, pad) | {"ran": ran, "notes": notes, **about}
    return OpenVinoBackend(
        samples=samples,
        requests=requests,
        features=tuple(qa.inputs),
        batch=plan.batch,
        trailing_pad=pad,
        facts=facts,
    )


def _facts(qa: QaModel, plan: SutPlan, used: list[int], pad: int) -> dict[str, Any]:
    streams, slots, config = plan_config(plan)
    return {
        "buckets": used,
        "batch": plan.batch,
        "streams": streams,
        "requests": slots,
        "trailing_pad": pad,
        "properties": {key: str(value) for key, value in config.items()},
        "static_length": qa.static_length,
    }


def _shaped(
    qa: QaModel, plan: SutPlan, samples: Samples, pad: int
) -> tuple[dict[int, Any], list[str]]:
    longest = int(samples.lengths.max())
    wanted = sorted(set(plan.buckets))
    notes: list[str] = []
    models = {}
    for bucket in wanted[: bisect_left(wanted, longest + pad) + 1]:
        shaped = qa.at(bucket, plan.batch)
        if shaped is not None:
            models[bucket] = shaped
        else:
            notes.append(f"the graph cannot be given the shape [{plan.batch}, {bucket}]")
    if qa.static_length is not None and (not models or max(models) < longest):
        static = qa.at(qa.static_length, plan.batch)
        models |= {qa.static_length: static} if static is not None else {}
        notes.append(f"used at the length of its graph, {qa.static_length}")
    if not models or max(models) < longest:
        raise HarnessError(
            f"a sample of {longest} tokens is longer than the model takes",
            kind=FailureKind.MODEL,
            detail=f"{qa.name}: lengths that can be compiled {sorted(models)}, of {wanted}"
            + (f"; its graph is fixed to {qa.static_length} tokens" if qa.static_length else ""),
            hint=_TOO_LONG if qa.static_length else "choose other buckets or another model",
        )
    return models, notes


def plan_config(plan: SutPlan, *, cores: int | None = None) -> tuple[int, int, dict[str, Any]]:
    """Streams, requests, and OpenVINO's properties for ``cores`` (default: all of this process)."""
    cores = cores or usable_cores()
    streams = plan.streams or cores
    config = {
        "NUM_STREAMS": streams,
        "INFERENCE_NUM_THREADS": plan.threads or cores,
        "INFERENCE_PRECISION_HINT": plan.inference_precision,
        # each bucket has its own threads: if pinned, those of two buckets would share a core
        "ENABLE_CPU_PINNING": False,
    }
    return streams, plan.requests or streams, config


def _check_samples(qa: QaModel, samples: Samples) -> None:
    """ModelError for samples with an index beyond a table of the model."""
    ranges = SampleRanges(
        highest_token=int(samples.tokens.max()),
        highest_segment=1,
        longest=int(samples.lengths.max()),
    )
    trouble = qa.unfit_samples(ranges)
    if trouble:
        raise ModelError(
            f"the data set does not fit the model {qa.name}",
            detail=trouble,
            hint="take the data with the model's own vocabulary (add-data FILE.json --vocab FILE), "
            "or use another model",
        )


def _check_ran(plan: SutPlan, config: Mapping[str, Any], ran: Mapping[str, str]) -> None:
    """ModelError where OpenVINO did not take what the plan fixes."""
    odd = [
        f"{name} is {ran[name]}, asked was {config[name]}"
        for name in ran
        if name in config and str(config[name]) != ran[name]
    ]
    if odd:
        raise ModelError(
            "OpenVINO does not run what the plan asks for",
            detail="; ".join(odd),
            hint="this processor may not compute in that precision: change inference_precision "
            f"(now {plan.inference_precision}), streams or threads in the profile's plan",
        )


def _check_memory(plan: SutPlan, done: int, total: int) -> None:
    """Raise HarnessError "memory" before the kernel would kill the process."""
    used, limit = memory_bytes(), plan.memory_bytes
    if limit and used > limit:
        raise HarnessError(
            "the plan needs more memory than it may use",
            kind=FailureKind.MEMORY,
            detail=f"{used / 1e6:.0f} MB after {done} of {total} buckets, "
            f"the limit is {limit / 1e6:.0f} MB",
            hint="give the profile's plan fewer buckets or streams, or the run more memory",
        )


@contextmanager
def _model_failures() -> Iterator[None]:
    """Raise a ModelError of the block as HarnessError "model"."""
    try:
        yield
    except ModelError as error:
        raise HarnessError(
            error.what, kind=FailureKind.MODEL, detail=error.detail, hint=error.hint
        ) from error
