"""A question-answering model compiled for the CPU: the one place where an IR is compiled and run.

The SUT runs samples by ``InferRequest``; whoever wants the answers of one batch calls ``answer``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from submission.errors import ModelError
from submission.ir.model import QaModel, core, logits_of

DEVICE = "CPU"
# INT8 layers stay INT8; all else is computed in float32, as the models were trained
EXACT: Mapping[str, Any] = {"INFERENCE_PRECISION_HINT": "f32"}
#: the properties that decide what a result means, as the compiled model gives them back
RAN = ("INFERENCE_PRECISION_HINT", "NUM_STREAMS", "INFERENCE_NUM_THREADS")
# the Python exceptions of OpenVINO's C++ errors
OPENVINO_ERRORS = (RuntimeError, MemoryError)

Prepared = tuple[NDArray[Any], ...]
"""The model's inputs for one sample, in its order, without padding: [length of the sample] each."""


@dataclass(frozen=True, kw_only=True)
class CompiledModel:
    """``compiled`` is OpenVINO's; its inputs and outputs are those of ``qa``."""

    qa: QaModel
    compiled: Any

    def request(self, *, own_thread: bool = True) -> InferRequest:
        """A new infer request; ModelError if there is no memory for it."""
        with openvino_failures(f"the model {self.qa.name} cannot be compiled"):
            request = self.compiled.create_infer_request()
        return InferRequest(
            request=request,
            own_thread=own_thread,
            inputs=tuple(request.get_tensor(name).data for name in self.qa.inputs.values()),
            outputs=tuple(request.get_output_tensor(index).data for index in self.qa.outputs),
        )

    def ran(self) -> dict[str, str]:
        """What OpenVINO made of the properties that a plan asks for: RAN by name, as text."""
        return {name: _text(self.compiled.get_property(name)) for name in RAN}

    def queue(self, jobs: int) -> Any:
        """OpenVINO's own asynchronous queue of ``jobs`` infer requests."""
        return ov.AsyncInferQueue(self.compiled, jobs)

    def answer(self, rows: Iterable[NDArray[Any]]) -> NDArray[np.float32]:
        """Logits [batch, length, 2] of one batch; ``rows`` are its features [batch, length]."""
        found = self.compiled(self.qa.feed(rows))
        return logits_of([found[index] for index in self.qa.outputs])


def _text(value: Any) -> str:
    return str(value.get_type_name()) if isinstance(value, ov.Type) else str(value)


def compile_qa(qa: QaModel, model: Any, properties: Mapping[str, Any] = EXACT) -> CompiledModel:
    """Compile ``model``, which is ``qa.model`` or ``qa.at(…)``; raises ModelError."""
    with openvino_failures(f"the model {qa.name} cannot be compiled"):
        compiled = core().compile_model(model, DEVICE, dict(properties))
    return CompiledModel(qa=qa, compiled=compiled)


def check_numbers(answers: Iterable[NDArray[np.float32]], whose: str) -> None:
    """ModelError for logits that are no numbers: no span could be chosen among them."""
    if not all(np.isfinite(logits).all() for logits in answers):
        raise ModelError(
            "the model's logits are not numbers",
            detail=f"{whose} has NaN or infinite logits",
            hint="export the model again, in float32; a broken quantization does this",
        )


@contextmanager
def openvino_failures(what: str) -> Iterator[None]:
    """Raise what OpenVINO raises inside the block as ModelError ``what``."""
    try:
        yield
    except OPENVINO_ERRORS as error:
        raise ModelError(
            what,
            detail=f"OpenVINO: {type(error).__name__}: {error}",
            hint="check whether the memory is enough for the plan's buckets and streams",
        ) from error


@dataclass(frozen=True, kw_only=True)
class InferRequest:
    """One infer request of OpenVINO at one shape, with views of its memory.

    ``inputs`` are the model's inputs [batch, length], ``outputs`` the logits: one
    [batch, length, 2] or two [batch, length]. ``own_thread``: OpenVINO works in the calling thread.
    """

    request: Any
    inputs: tuple[NDArray[Any], ...]
    outputs: tuple[NDArray[Any], ...]
    own_thread: bool = True

    def run(self, samples: Sequence[Prepared]) -> list[NDArray[np.float32]]:
        """Start and end logits float32 [length, 2] of each sample; at most ``batch`` of them.

        Rows of the batch without a sample keep their old content; their answers are not read.
        """
        if self.own_thread:
            self._fill(samples)
            # shared: not copied, since the views are read below
            self.request.infer(share_outputs=True)
        else:
            self.start(samples)
            self.request.wait()
        return [self._answer(row, len(sample[0])) for row, sample in enumerate(samples)]

    def start(self, samples: Sequence[Prepared]) -> None:
        """Fill the inputs and start beside others, until ``request.wait()``."""
        self._fill(samples)
        self.request.start_async()

    def _fill(self, samples: Sequence[Prepared]) -> None:
        for row, sample in enumerate(samples):
            for view, values in zip(self.inputs, sample, strict=True):
                view[row, : len(values)] = values
                view[row, len(values) :] = 0

    def _answer(self, row: int, length: int) -> NDArray[np.float32]:
        return logits_of([view[row, :length] for view in self.outputs])
