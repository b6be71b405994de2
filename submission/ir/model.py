"""A question-answering IR: what it takes and gives, and the same model at other lengths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino.preprocess import PrePostProcessor

from submission.errors import ModelError
from submission.ir.embeddings import unfold_once
from submission.ir.lengths import shorten
from submission.ir.names import FEATURES, POSITIONS, IrFile
from submission.ir.ports import KIND_HINT, find_inputs, find_outputs, outputs_as_floats, unfit
from submission.ir.tables import table_rows


@dataclass(frozen=True, kw_only=True)
class SampleRanges:
    """The highest indices of a data set's samples, and the tokens of its longest one."""

    highest_token: int
    highest_segment: int
    longest: int


@dataclass(frozen=True, kw_only=True)
class QaModel:
    """A read and checked IR.

    ``inputs``: feature -> the IR's input name, in the order of INPUTS; a model without token
    types or position ids has no such key. ``outputs``: the indices of the outputs that hold the
    logits: one of shape [batch, length, 2], or two of [batch, length], start before end.
    ``static_batch`` and ``static_length``: the only ones that it takes as it is; None if dynamic.
    ``rows``: feature -> rows of its embedding table, where the graph shows it.
    """

    model: Any
    name: str
    inputs: Mapping[str, str]
    outputs: tuple[int, ...]
    static_length: int | None
    static_batch: int | None = None
    rows: Mapping[str, int] = field(default_factory=dict)

    def at(self, length: int, batch: int = 1) -> Any | None:
        """A copy with inputs [batch, length]; None if the graph does not allow that shape.

        Logits of real tokens stay those of the graph's own length, where a model that looks at
        neighbours (MobileBERT) finds at least one padding token behind the last real one.
        """
        if self.static_length is not None and length > self.static_length:
            return None
        copy = self.model.clone()
        try:
            if self.static_length is None:
                copy.reshape({name: [batch, length] for name in self.inputs.values()})
            elif (batch, length) != (self.static_batch or 1, self.static_length):
                shorten(copy, self.static_length, length, batch=batch)
        except (RuntimeError, ValueError):
            return None
        return copy if _answers_at(copy, self.outputs, [batch, length]) else None

    def feed(self, rows: Iterable[NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The IR's inputs by name; ``rows`` are the features in the order of FEATURES."""
        by_feature = dict(zip(FEATURES, rows, strict=True))
        ids = by_feature[FEATURES[0]]
        by_feature[POSITIONS] = np.broadcast_to(
            np.arange(ids.shape[-1], dtype=ids.dtype), ids.shape
        )
        return {
            name: np.ascontiguousarray(by_feature[feature], self.input_type(name))
            for feature, name in self.inputs.items()
        }

    def input_type(self, name: str) -> Any:
        """The numpy type of an input, int32 or int64."""
        return self.model.input(name).element_type.to_dtype()

    def unfit_samples(self, samples: SampleRanges) -> str | None:
        """Why these samples cannot be run: beyond a table, where OpenVINO would answer zeros.

        None if every index is in its table, or the graph does not show one.
        """
        for feature, what, highest in (
            ("input_ids", "token ids go up to", samples.highest_token),
            ("token_type_ids", "segments go up to", samples.highest_segment),
            (POSITIONS, "positions go up to", samples.longest - 1),
        ):
            rows = self.rows.get(feature)
            if rows is not None and highest >= rows:
                return f"{what} {highest}, but the model's table has {rows} rows, 0 to {rows - 1}"
        return None


@cache
def core() -> Any:
    """OpenVINO's core; one serves the whole process."""
    return ov.Core()


def logits_of(outputs: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    """A float32 copy [..., 2] of the logits: of one output that holds both, or of start and end."""
    if len(outputs) == 1:
        return np.array(outputs[0], dtype=np.float32)
    return np.stack(outputs, axis=-1, dtype=np.float32)


def read_model(file: IrFile) -> QaModel:
    """Read the IR; ModelError if it is no question-answering model of these inputs."""
    path = file.xml
    try:
        model = core().read_model(path)
    except RuntimeError as error:
        detail = f"{path}: OpenVINO: {error}"
        raise ModelError(
            f"the model {path.name} cannot be used",
            detail=" ".join(detail.split()),
            hint="fetch or convert the model again",
        ) from error
    return checked_model(model, file)


def checked_model(model: Any, file: IrFile) -> QaModel:
    """``model`` of OpenVINO as read from ``file``, checked and changed in place."""
    path = file.xml
    inputs = find_inputs(path, model, file.inputs)
    outputs = find_outputs(path, model, file.outputs)
    batch, length = _static_shape(path, model, inputs)
    rows = table_rows(model, inputs)
    model = _answering_floats(model, outputs)
    unfold_once(model)
    return QaModel(
        model=model,
        name=path.name,
        inputs=inputs,
        outputs=outputs,
        static_length=length,
        static_batch=batch,
        rows=rows,
    )


def _answering_floats(model: Any, outputs: Sequence[int]) -> Any:
    """The model with float32 logits: numpy has no bfloat16, and nothing is lost by widening."""
    if not list(outputs_as_floats(model, outputs)):
        return model
    preparing = PrePostProcessor(model)
    for index in outputs:
        preparing.output(index).tensor().set_element_type(ov.Type.f32)
    return preparing.build()


def _static_shape(
    path: Path, model: Any, inputs: Mapping[str, str]
) -> tuple[int | None, int | None]:
    """Batch and length that the inputs are fixed to; None where they are dynamic."""
    found = []
    for place, what in enumerate(("batches", "lengths")):
        sizes = set()
        for name in inputs.values():
            size = model.input(name).partial_shape[place]
            if size.is_static:
                sizes.add(int(size.get_length()))
        if len(sizes) > 1:
            raise unfit(path, f"inputs of different {what}: {sorted(sizes)}", hint=KIND_HINT)
        found.append(sizes.pop() if sizes else None)
    return found[0], found[1]


def _answers_at(model: Any, outputs: Sequence[int], shape: list[int]) -> bool:
    shapes = [model.outputs[index].partial_shape for index in outputs]
    if any(shape.is_dynamic for shape in shapes):
        return False
    wanted = [*shape, 2] if len(outputs) == 1 else shape
    return all(list(shape.to_shape()) == wanted for shape in shapes)
