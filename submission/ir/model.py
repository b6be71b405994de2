"""A question-answering IR: what it takes and gives, and the same model at other lengths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from submission.errors import ModelError
from submission.ir.embeddings import unfold_once
from submission.ir.lengths import shorten
from submission.ir.names import FEATURES, LOGITS, IrFile

INTEGERS = ("i32", "i64")
# batch, length
INPUT_RANK = 2
# batch, length, start and end
LOGITS_RANK = 3


@dataclass(frozen=True, kw_only=True)
class QaModel:
    """A read and checked IR.

    ``inputs``: feature -> the IR's input name, in the order of FEATURES. ``outputs``: the
    indices of the outputs that hold the logits: one of shape [batch, length, 2], or two of
    [batch, length], start before end. ``static_length``: the only length that it takes as it
    is; None if its length is dynamic.
    """

    model: Any
    name: str
    inputs: Mapping[str, str]
    outputs: tuple[int, ...]
    static_length: int | None

    def at(self, length: int, batch: int = 1) -> Any | None:
        """A copy with inputs [batch, length]; None if the graph does not allow that shape.

        Logits of real tokens stay those of the graph's own length, where a model that looks at
        neighbours (MobileBERT) finds at least one padding token behind the last real one.
        """
        copy = self.model.clone()
        try:
            if self.static_length is None:
                copy.reshape({name: [batch, length] for name in self.inputs.values()})
            elif (batch, length) != (1, self.static_length):
                shorten(copy, self.static_length, length, batch=batch)
        except (RuntimeError, ValueError):
            return None
        return copy if _answers_at(copy, self.outputs, [batch, length]) else None

    def feed(self, rows: Iterable[NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The IR's inputs by name; ``rows`` are the features in the order of FEATURES."""
        by_feature = dict(zip(FEATURES, rows, strict=True))
        return {name: by_feature[feature] for feature, name in self.inputs.items()}


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
        raise _unfit(path, f"OpenVINO: {error}", hint="fetch or convert the model again") from error
    return checked_model(model, file)


def checked_model(model: Any, file: IrFile) -> QaModel:
    """``model`` of OpenVINO as read from ``file``, checked and changed in place."""
    path = file.xml
    inputs = _inputs(path, model, file.inputs)
    outputs = _outputs(path, model, file.outputs)
    static_length = _static_length(path, model, inputs)
    unfold_once(model)
    return QaModel(
        model=model, name=path.name, inputs=inputs, outputs=outputs, static_length=static_length
    )


def _inputs(path: Path, model: Any, names: Mapping[str, str]) -> dict[str, str]:
    ports = {name: port for port in model.inputs for name in port.get_names()}
    wanted = {feature: names.get(feature, "") for feature in FEATURES}
    missing = [name or feature for feature, name in wanted.items() if name not in ports]
    if missing:
        raise _unfit(path, f"no input {missing}; the model has {sorted(ports)}", hint=NAMES_HINT)
    spare = [p.any_name for p in model.inputs if not p.get_names() & set(wanted.values())]
    if spare:
        raise _unfit(path, f"inputs {spare} would stay without a value", hint=NAMES_HINT)
    for name in wanted.values():
        shape = ports[name].partial_shape
        if shape.rank.is_static and len(shape) != INPUT_RANK:
            raise _unfit(path, f"input {name} has shape {shape}, not [1, length]", hint=KIND_HINT)
        if ports[name].element_type.get_type_name() not in INTEGERS:
            found = ports[name].element_type.get_type_name()
            raise _unfit(path, f"input {name} is {found}, not {INTEGERS}", hint=KIND_HINT)
    return wanted


def _outputs(path: Path, model: Any, names: Mapping[str, str]) -> tuple[int, ...]:
    shapes = [port.partial_shape for port in model.outputs]
    labels = [" ".join([*port.get_names(), port.node.friendly_name]) for port in model.outputs]
    if [len(shape) for shape in shapes] == [LOGITS_RANK]:
        return (0,)
    start = [i for i, label in enumerate(labels) if "start" in label]
    end = [i for i, label in enumerate(labels) if "end" in label]
    if len(shapes) == len(start) + len(end) and len(start) == len(end) == 1 and start != end:
        return (start[0], end[0])
    # the file does not show it: the manifest decides
    ports = {name: i for i, port in enumerate(model.outputs) for name in port.get_names()}
    named = [ports.get(names.get(key, "")) for key in LOGITS]
    if named[0] is not None and named[1] is not None and named[0] != named[1]:
        return (named[0], named[1])
    found = [f"{label.split()[0]}{shape}" for label, shape in zip(labels, shapes, strict=True)]
    raise _unfit(
        path,
        f"outputs {found}, not logits [batch, length, 2], nor start and end [batch, length]",
        hint=OUTPUTS_HINT,
    )


def _static_length(path: Path, model: Any, inputs: Mapping[str, str]) -> int | None:
    lengths = set()
    for name in inputs.values():
        shape = model.input(name).partial_shape
        if shape.rank.is_static and shape[0].is_static and shape[0].get_length() != 1:
            raise _unfit(path, f"input {name} has shape {shape}, not [1, length]", hint=KIND_HINT)
        if shape.rank.is_static and shape[1].is_static:
            lengths.add(int(shape[1].get_length()))
    if len(lengths) > 1:
        raise _unfit(path, f"inputs of different lengths: {sorted(lengths)}", hint=KIND_HINT)
    return lengths.pop() if lengths else None


def _answers_at(model: Any, outputs: Sequence[int], shape: list[int]) -> bool:
    shapes = [model.outputs[index].partial_shape for index in outputs]
    if any(shape.is_dynamic for shape in shapes):
        return False
    wanted = [*shape, 2] if len(outputs) == 1 else shape
    return all(list(shape.to_shape()) == wanted for shape in shapes)


NAMES_HINT = "name the IR's own inputs under inputs in the model's manifest"
OUTPUTS_HINT = (
    "name the IR's start_logits and end_logits under outputs in the model's manifest, or give an "
    "IR of a BERT-like model for extractive question answering"
)
KIND_HINT = "give an IR of a BERT-like model for extractive question answering"


def _unfit(path: Path, why: str, *, hint: str) -> ModelError:
    return ModelError(
        f"the model {path.name} cannot be used",
        detail=f"{path}: {why}",
        hint=hint,
    )
