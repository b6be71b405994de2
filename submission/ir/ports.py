"""Which input and output of an IR is which: by its manifest, else by the usual names and shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from submission.errors import ModelError
from submission.ir.names import BOTH_LOGITS, INPUTS, LOGITS

INTEGERS = ("i32", "i64")
FLOATS = ("f32", "f16", "bf16")
# batch, length
INPUT_RANK = 2
# batch, length, start and end
LOGITS_RANK = 3
#: names of exports from transformers, TensorFlow and TensorFlow Hub
_USUAL: Mapping[str, tuple[str, ...]] = {
    "input_ids": ("input_ids", "input_word_ids"),
    "attention_mask": ("attention_mask", "input_mask"),
    "token_type_ids": ("token_type_ids", "segment_ids", "input_type_ids"),
    "position_ids": ("position_ids",),
}
_SERVING_PREFIX, _SERVING_SUFFIX = "serving_default_", ":0"

NAMES_HINT = (
    "say which input is which under inputs in the model's manifest, for example "
    '"inputs": {"input_ids": "0", "attention_mask": "1", "token_type_ids": "2"}'
)
OUTPUTS_HINT = (
    "name both under outputs in the model's manifest, for example "
    '"outputs": {"start_logits": "result.1", "end_logits": "result.2"}'
)
LAYOUT_HINT = "export the logits as [batch, length, 2], or start and end as two [batch, length]"
KIND_HINT = (
    "give an IR of a BERT-like model for extractive question answering "
    "(optimum-cli export openvino --task question-answering)"
)


def find_inputs(path: Path, model: Any, names: Mapping[str, str]) -> dict[str, str]:
    """Feature -> the IR's input, in the order of INPUTS; raises ModelError.

    ``names`` (of the manifest) decides; what it leaves out is looked for by the usual names. A
    model without token types or position ids has no such key.
    """
    ports = {name: port for port in model.inputs for name in port.get_names()}
    _refuse_unknown(path, names, ports)
    found = {}
    for feature in INPUTS:
        name = names.get(feature) or _usual(feature, ports)
        if name is not None:
            found[feature] = name
    spare = [p.any_name for p in model.inputs if not p.get_names() & set(found.values())]
    lacking = [feature for feature in INPUTS[:2] if feature not in found]
    if lacking:
        why = f"none of its inputs {sorted(ports)} is known to be {' or '.join(lacking)}"
        raise unfit(path, why, hint=NAMES_HINT)
    if spare:
        raise unfit(
            path, f"nothing is known to feed its inputs {sorted(spare)} with", hint=NAMES_HINT
        )
    for name in found.values():
        _check_input(path, name, ports[name])
    return found


def _refuse_unknown(path: Path, names: Mapping[str, str], ports: Mapping[str, Any]) -> None:
    for feature, name in names.items():
        if feature not in INPUTS:
            why = f'"inputs" of its manifest has {feature!r}, which is none of {", ".join(INPUTS)}'
            raise unfit(path, why, hint=NAMES_HINT)
        if name not in ports:
            why = f"its manifest names the input {name!r}; the IR has {sorted(ports)}"
            raise unfit(path, why, hint=NAMES_HINT)


def _usual(feature: str, ports: Mapping[str, Any]) -> str | None:
    for name in sorted(ports):
        plain = name.removeprefix(_SERVING_PREFIX).removesuffix(_SERVING_SUFFIX)
        if plain in _USUAL[feature]:
            return name
    return None


def _check_input(path: Path, name: str, port: Any) -> None:
    shape = port.partial_shape
    if shape.rank.is_dynamic:
        why = f"input {name} has a shape of unknown rank, not [batch, length]"
        raise unfit(
            path, why, hint="export or convert the model with inputs of two dimensions, [?, ?]"
        )
    if len(shape) != INPUT_RANK:
        raise unfit(path, f"input {name} has shape {shape}, not [batch, length]", hint=KIND_HINT)
    found = port.element_type.get_type_name()
    if found not in INTEGERS:
        raise unfit(path, f"input {name} is {found}, not {' or '.join(INTEGERS)}", hint=KIND_HINT)


def find_outputs(path: Path, model: Any, names: Mapping[str, str]) -> tuple[int, ...]:
    """The indices of the outputs that hold the logits, start before end; raises ModelError.

    One of shape [batch, length, 2], or two of [batch, length]: as ``names`` (of the manifest)
    says, else as the names and shapes show.
    """
    found = _named(path, model, names) or _shown(path, model)
    for index in found:
        kind = model.outputs[index].element_type.get_type_name()
        if kind not in FLOATS:
            why = f"output {_label(model, index)} is {kind}, not {' or '.join(FLOATS)}"
            raise unfit(path, why, hint=KIND_HINT)
    return found


def _named(path: Path, model: Any, names: Mapping[str, str]) -> tuple[int, ...] | None:
    ports = {name: i for i, port in enumerate(model.outputs) for name in port.get_names()}
    wanted = [names[key] for key in LOGITS if key in names]
    if not wanted and BOTH_LOGITS in names and len(model.outputs) > 1:
        return _named_both(path, model, names[BOTH_LOGITS], ports)
    if not wanted:
        return None
    missing = [name for name in wanted if name not in ports]
    if missing or len(wanted) != len(LOGITS) or wanted[0] == wanted[1]:
        why = f"its manifest names the outputs {wanted}; the IR has {sorted(ports)}"
        raise unfit(path, why, hint=OUTPUTS_HINT)
    found = tuple(ports[name] for name in wanted)
    ranks = [model.outputs[index].partial_shape.rank for index in found]
    if any(rank.is_static and rank.get_length() != INPUT_RANK for rank in ranks):
        shapes = [f"{_label(model, i)} {model.outputs[i].partial_shape}" for i in found]
        why = f"the outputs that its manifest names are {' and '.join(shapes)}, not [batch, length]"
        raise unfit(path, why, hint=OUTPUTS_HINT)
    return found


def _named_both(path: Path, model: Any, name: str, ports: Mapping[str, int]) -> tuple[int, ...]:
    if name not in ports:
        why = f"its manifest names the output {name!r}; the IR has {sorted(ports)}"
        raise unfit(path, why, hint=OUTPUTS_HINT)
    shape = model.outputs[ports[name]].partial_shape
    if shape.rank.is_dynamic or len(shape) != LOGITS_RANK:
        why = f"the output that its manifest names is {name} {shape}, not [batch, length, 2]"
        raise unfit(path, why, hint=OUTPUTS_HINT)
    _refuse_other_layouts(path, name, shape)
    return (ports[name],)


def _shown(path: Path, model: Any) -> tuple[int, ...]:
    shapes = [port.partial_shape for port in model.outputs]
    ranks = [shape.rank.get_length() if shape.rank.is_static else None for shape in shapes]
    labels = [" ".join([*p.get_names(), p.node.friendly_name]) for p in model.outputs]
    start, end = (_labelled(word, labels, ranks) for word in ("start", "end"))
    if len(start) == len(end) == 1 and start != end:
        return (start[0], end[0])
    if ranks == [LOGITS_RANK]:
        _refuse_other_layouts(path, _label(model, 0), shapes[0])
        return (0,)
    pairs = [index for index, shape in enumerate(shapes) if _holds_pairs(shape)]
    # two more of [batch, length] would leave the choice open
    if len(pairs) == 1 and INPUT_RANK not in ranks:
        return (pairs[0],)
    found = ", ".join(f"{_label(model, i)} {shape}" for i, shape in enumerate(shapes))
    if ranks == [INPUT_RANK]:
        why = f"its output {found} has no batch; it should be [batch, length, 2]"
        raise unfit(path, why, hint=LAYOUT_HINT)
    if all(any(word in label.lower() for label in labels) for word in ("start", "end")):
        why = f"its outputs {found} are not [batch, length]"
        raise unfit(path, why, hint=LAYOUT_HINT)
    raise unfit(
        path,
        f"which outputs are the start and end logits is not shown by their names: {found}",
        hint=OUTPUTS_HINT,
    )


def _holds_pairs(shape: Any) -> bool:
    """Whether it is [batch, length, 2]."""
    if shape.rank.is_dynamic or len(shape) != LOGITS_RANK:
        return False
    return bool(shape[2].is_static and shape[2].get_length() == len(LOGITS))


def _labelled(word: str, labels: Sequence[str], ranks: Sequence[int | None]) -> list[int]:
    return [
        index
        for index, (label, rank) in enumerate(zip(labels, ranks, strict=True))
        if word in label.lower() and rank == INPUT_RANK
    ]


def _refuse_other_layouts(path: Path, label: str, shape: Any) -> None:
    """Refuse one output of rank 3 that is not [batch, length, 2], each kind with its own cause."""
    first, middle, last = shape
    both = len(LOGITS)
    if _holds_pairs(shape):
        return
    if middle.is_static and middle.get_length() == both:
        why = f"output {label} {shape} is [batch, 2, length], the logits transposed"
        raise unfit(path, why, hint=LAYOUT_HINT)
    if first.is_static and first.get_length() == both:
        raise unfit(
            path,
            f"output {label} {shape} is [2, batch, length], TensorFlow's unstack of the logits",
            hint=LAYOUT_HINT,
        )
    if last.is_dynamic:
        return
    raise unfit(
        path,
        f"output {label} {shape} holds {last.get_length()} values a token, not start and end: "
        "hidden states of a feature extraction",
        hint=KIND_HINT,
    )


def outputs_as_floats(model: Any, outputs: Sequence[int]) -> Iterator[Any]:
    """The outputs of ``outputs`` that are not float32, so that they can be converted."""
    for index in outputs:
        if model.outputs[index].element_type.get_type_name() != FLOATS[0]:
            yield model.outputs[index]


def _label(model: Any, index: int) -> str:
    port = model.outputs[index]
    names = sorted(port.get_names())
    return str(names[0] if names else port.node.friendly_name)


def unfit(path: Path, why: str, *, hint: str) -> ModelError:
    """The ModelError of an IR that cannot be used."""
    return ModelError(f"the model {path.name} cannot be used", detail=f"{path}: {why}", hint=hint)
