"""The tiny question-answering model as people export it: names, order, types, shapes, outputs.

Each variant is a small IR and what its manifest says of it. Those of ``SAME`` answer as the plain
model does; those of ``REFUSED`` are refused with the words given there.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov

from tests.fakes.tiny_model import NAMES, write_model

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from openvino.runtime import opset13 as op

START_END = {"start_logits": "s", "end_logits": "e"}


@dataclass(frozen=True)
class Variant:
    """A model, and what its manifest says of its names."""

    model: Any
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)


def write_variant(name: str, path: Path) -> Variant:
    """Write the variant to ``path`` (an xml)."""
    # apart: OpenVINO maps the weights that it reads, and they must not change below it
    plain = write_model(path.with_name("plain.xml"))
    variant = VARIANTS[name](ov.Core().read_model(plain))
    ov.save_model(variant.model, path, compress_to_fp16=False)
    return variant


def _logits(model: Any) -> Any:
    return model.outputs[0].node.input_value(0)


def _named(node: Any, name: str) -> Any:
    node.output(0).set_names({name})
    return op.result(node)


def _halves(model: Any) -> tuple[Any, Any]:
    axis = op.constant(np.int64(2))
    start, end = (op.gather(_logits(model), op.constant(np.int64(i)), axis) for i in (0, 1))
    return start, end


def _with(model: Any, results: list[Any]) -> Any:
    return ov.Model(results, model.get_parameters())


def _renamed(model: Any, names: Mapping[str, str]) -> Any:
    for old, new in names.items():
        model.input(old).get_tensor().set_names({new})
    return model


def _numbered(model: Any) -> Variant:
    names = {name: str(number) for number, name in enumerate(NAMES)}
    return Variant(_renamed(model, names), names)


def _serving(model: Any) -> Variant:
    return Variant(_renamed(model, {name: f"serving_default_{name}:0" for name in NAMES}))


def _hub(model: Any) -> Variant:
    names = dict(zip(NAMES, ("input_word_ids", "input_mask", "input_type_ids"), strict=True))
    return Variant(_renamed(model, names))


def _called(change: Callable[[str], str]) -> Callable[[Any], Variant]:
    """Inputs by other names, which the manifest gives."""

    def make(model: Any) -> Variant:
        names = {name: change(name) for name in NAMES}
        return Variant(_renamed(model, names), names)

    return make


def _swapped(model: Any) -> Variant:
    start, end = _halves(model)
    results = [_named(end, "end_logits"), _named(start, "start_logits")]
    return Variant(_with(model, results))


def _named_outputs(model: Any) -> Variant:
    start, end = _halves(model)
    return Variant(_with(model, [_named(start, "s"), _named(end, "e")]), {}, START_END)


def _three(model: Any) -> Variant:
    start, end = _halves(model)
    hidden = op.add(_logits(model), op.constant(np.float32(0)))
    results = [_named(hidden, "h"), _named(start, "s"), _named(end, "e")]
    return Variant(_with(model, results), {}, START_END)


def _hidden_too(model: Any) -> Variant:
    start, end = _halves(model)
    hidden = op.add(_logits(model), op.constant(np.float32(0)))
    named = {"start_logits": start, "end_logits": end, "last_hidden_state": hidden}
    return Variant(_with(model, [_named(node, name) for name, node in named.items()]))


def _converted(kind: str) -> Callable[[Any], Variant]:
    def make(model: Any) -> Variant:
        return Variant(_with(model, [_named(op.convert(_logits(model), kind), "logits")]))

    return make


def _shaped(shape: Any) -> Callable[[Any], Variant]:
    def make(model: Any) -> Variant:
        model.reshape({name: ov.PartialShape(shape) for name in NAMES})
        return Variant(model)

    return make


def _any_rank(model: Any) -> Variant:
    model.reshape({name: ov.PartialShape.dynamic() for name in NAMES})
    return Variant(model)


def _positions(model: Any) -> Variant:
    """Looked up in a table of zeros, so that the answers stay as they are."""
    numbers = op.parameter([-1, -1], dtype=ov.Type.i64, name="position_ids")
    numbers.output(0).set_names({"position_ids"})
    table = op.constant(np.zeros((512, 2), np.float32))
    rows = op.gather(table, numbers, op.constant(np.int64(0)))
    result = _named(op.add(_logits(model), rows), "logits")
    return Variant(ov.Model([result], [*model.get_parameters(), numbers]))


def _few_positions(model: Any) -> Variant:
    found = _positions(model)
    for node in found.model.get_ordered_ops():
        if node.get_type_name() == "Gather" and list(node.input(0).get_shape()) == [512, 2]:
            table = op.constant(np.zeros((8, 2), np.float32))
            node.input(0).replace_source_output(table.output(0))
    return found


def _small_vocabulary(model: Any) -> Variant:
    for node in model.get_ordered_ops():
        if node.get_type_name() == "Gather":
            table = op.constant(np.zeros((8, node.input(0).get_shape()[1]), np.float32))
            node.input(0).replace_source_output(table.output(0))
    model.validate_nodes_and_infer_types()
    return Variant(model)


def _without_mask(model: Any) -> Variant:
    return Variant(_renamed(model, {"attention_mask": "weights"}))


def _wrong_name(model: Any) -> Variant:
    return Variant(model, {"input_ids": "ids"})


def _wrong_role(model: Any) -> Variant:
    return Variant(model, {"segment_ids": "token_type_ids"})


def _wrong_output(model: Any) -> Variant:
    return Variant(model, {}, {"start_logits": "a", "end_logits": "b"})


def _unnamed_outputs(model: Any) -> Variant:
    return Variant(_named_outputs(model).model)


def _unstacked(model: Any) -> Variant:
    turned = op.transpose(_logits(model), op.constant(np.array([2, 0, 1], np.int64)))
    return Variant(_with(model, [_named(turned, "unstack")]))


def _hidden_only(model: Any) -> Variant:
    wide = op.tile(_logits(model), op.constant(np.array([1, 1, 4], np.int64)))
    return Variant(_with(model, [_named(wide, "last_hidden_state")]))


def _not_numbers(model: Any) -> Variant:
    zero = op.multiply(_logits(model), op.constant(np.float32(0)))
    return Variant(_with(model, [_named(op.divide(zero, op.constant(np.float32(0))), "logits")]))


def _typed(**kinds: str) -> Callable[[Any], Variant]:
    """Inputs of other types than int64, converted inside."""

    def make(model: Any) -> Variant:
        parameters = []
        for old in model.get_parameters():
            (name,) = old.output(0).get_names()
            new = op.parameter([-1, -1], dtype=getattr(ov.Type, kinds.get(name, "i64")), name=name)
            new.output(0).set_names({name})
            inside = op.convert(new, "i64")
            for reader in list(old.output(0).get_target_inputs()):
                reader.replace_source_output(inside.output(0))
            parameters.append(new)
        return Variant(ov.Model(list(model.get_results()), parameters))

    return make


def _reversed(model: Any) -> Variant:
    """As TensorFlow sorts them: mask, ids, types; without the manifest's words."""
    return Variant(ov.Model(model.get_results(), model.get_parameters()[::-1]))


def _two_names(model: Any) -> Variant:
    """A tensor with the framework's name beside its own."""
    for name in NAMES:
        model.input(name).get_tensor().set_names({name, f"framework/{name}:0"})
    return Variant(model)


def _scored(model: Any) -> Variant:
    """A loss beside the logits, as a model saved while it trained has it."""
    loss = op.reduce_sum(_logits(model), op.constant(np.array([0, 1, 2], np.int64)))
    both = op.add(_logits(model), op.constant(np.float32(0)))
    return Variant(_with(model, [_named(loss, "loss"), _named(both, "logits")]))


def _pairs_and_halves(model: Any) -> Variant:
    """A pair beside two outputs of [batch, length]: any may be the logits."""
    start, end = _halves(model)
    both = op.add(_logits(model), op.constant(np.float32(0)))
    named = {"a": start, "b": end, "c": both}
    return Variant(_with(model, [_named(node, name) for name, node in named.items()]))


def _two_pairs(model: Any) -> Variant:
    """Two outputs of pairs, of which the manifest names one."""
    zero, ten = (op.constant(np.float32(value)) for value in (0, 10))
    results = [
        _named(op.add(_logits(model), each), name) for each, name in ((ten, "a"), (zero, "b"))
    ]
    return Variant(_with(model, results), outputs={"logits": "b"})


def _two_pairs_unnamed(model: Any) -> Variant:
    return Variant(_two_pairs(model).model)


def _columns(model: Any) -> Variant:
    """Start and end of shape [batch, length, 1]."""
    last = op.constant(np.int64(-1))
    start, end = (op.unsqueeze(each, last) for each in _halves(model))
    return Variant(_with(model, [_named(start, "start_logits"), _named(end, "end_logits")]))


def _transposed(model: Any) -> Variant:
    """[batch, 2, length]: channels first."""
    order = op.constant(np.array([0, 2, 1], np.int64))
    return Variant(_with(model, [_named(op.transpose(_logits(model), order), "logits")]))


def _one_row(model: Any) -> Variant:
    """Logits without a batch: [length, 2]."""
    squeezed = op.squeeze(_logits(model), op.constant(np.int64(0)))
    return Variant(_with(model, [_named(squeezed, "logits")]))


def _three_classes(model: Any) -> Variant:
    """A third column, as SQuAD v2's "no answer" or a tagger has it."""
    both = _logits(model)
    third = op.gather(both, op.constant(np.array([0], np.int64)), op.constant(np.int64(2)))
    return Variant(_with(model, [_named(op.concat([both, third], 2), "logits")]))


def _without_ids(model: Any) -> Variant:
    """Embeddings in place of ids: the graph begins behind its table."""
    return Variant(_renamed(model, {"input_ids": "inputs_embeds"}))


def _fourth_input(model: Any) -> Variant:
    """An input that nobody knows, such as a head mask."""
    extra = op.parameter([-1, -1], dtype=ov.Type.f32, name="head_mask")
    extra.output(0).set_names({"head_mask"})
    total = op.reduce_sum(extra, op.constant(np.array([0, 1], np.int64)))
    result = _named(
        op.add(_logits(model), op.multiply(total, op.constant(np.float32(0)))), "logits"
    )
    return Variant(ov.Model([result], [*model.get_parameters(), extra]))


def _answers(model: Any) -> Variant:
    """Positions in place of logits: an argmax was exported with the model."""
    start, end = (op.topk(each, np.int64(1), 1, "max", "value") for each in _halves(model))
    results = []
    for node, name in ((start, "start_logits"), (end, "end_logits")):
        node.output(1).set_names({name})
        results.append(op.result(node.output(1)))
    return Variant(_with(model, results))


def _integer_logits(model: Any) -> Variant:
    return Variant(_with(model, [_named(op.convert(_logits(model), "i32"), "logits")]))


VARIANTS: Mapping[str, Callable[[Any], Variant]] = {
    "numbered": _numbered,
    "serving": _serving,
    "hub": _hub,
    "swapped": _swapped,
    "named outputs": _named_outputs,
    "three outputs": _three,
    "hidden too": _hidden_too,
    "batch 8": _shaped([8, 384]),
    "bounded": _shaped([ov.Dimension(1, 4), ov.Dimension(1, 512)]),
    "static": _shaped([1, 384]),
    "positions": _positions,
    "reversed": _reversed,
    "two names": _two_names,
    "a loss too": _scored,
    "one of two pairs": _two_pairs,
    "narrow ids": _typed(input_ids="i32"),
    "narrow mask": _typed(attention_mask="i32"),
    "all narrow": _typed(**dict.fromkeys(NAMES, "i32")),
    "one sample": _shaped([1, -1]),
    "one length": _shaped([-1, 384]),
    "batch 3": _shaped([3, 384]),
    "few samples": _shaped([(1, 16), -1]),
    "bounded length": _shaped([-1, (1, 384)]),
    "capitals": _called(str.upper),
    "paths": _called("bert/{}:0".format),
    "spaces": _called(lambda name: name.replace("_", " ")),
    "f16": _converted("f16"),
    "bf16": _converted("bf16"),
    "any rank": _any_rank,
    "few positions": _few_positions,
    "small vocabulary": _small_vocabulary,
    "without mask": _without_mask,
    "wrong name": _wrong_name,
    "wrong role": _wrong_role,
    "wrong output": _wrong_output,
    "unnamed outputs": _unnamed_outputs,
    "unstacked": _unstacked,
    "hidden only": _hidden_only,
    "not numbers": _not_numbers,
    "integer logits": _integer_logits,
    "static 16": _shaped([1, 16]),
    "two pairs": _two_pairs_unnamed,
    "pair and halves": _pairs_and_halves,
    "mask of bytes": _typed(attention_mask="i8"),
    "mask of floats": _typed(attention_mask="f32"),
    "columns": _columns,
    "transposed": _transposed,
    "one row": _one_row,
    "three classes": _three_classes,
    "without ids": _without_ids,
    "fourth input": _fourth_input,
    "answers": _answers,
    "f64": _converted("f64"),
}

#: variant -> how far its answers may be from the plain model's
SAME: Mapping[str, float] = {
    **dict.fromkeys(list(VARIANTS)[: list(VARIANTS).index("f16")], 1e-5),
    "f16": 1e-2,
    "bf16": 1e-1,
}

REFUSED: Mapping[str, str] = {
    "any rank": "a shape of unknown rank",
    "few positions": "positions go up to 23, but the model's table has 8 rows",
    "small vocabulary": "token ids go up to 24, but the model's table has 8 rows",
    "without mask": "is known to be attention_mask",
    "wrong name": "its manifest names the input 'ids'; the IR has",
    "wrong role": "has 'segment_ids', which is none of",
    "wrong output": "its manifest names the outputs ['a', 'b']; the IR has ['logits']",
    "unnamed outputs": "which outputs are the start and end logits is not shown by their names",
    "unstacked": "TensorFlow's unstack",
    "hidden only": "hidden states of a feature extraction",
    "not numbers": "has NaN or infinite logits",
    "integer logits": "output logits is i32",
    "static 16": "its graph is fixed to 16 tokens",
    "two pairs": "which outputs are the start and end logits is not shown by their names",
    "pair and halves": "which outputs are the start and end logits is not shown by their names",
    "mask of bytes": "input attention_mask is i8, not i32 or i64",
    "mask of floats": "input attention_mask is f32, not i32 or i64",
    "columns": "its outputs start_logits [1,?,1], end_logits [1,?,1] are not [batch, length]",
    "transposed": "is [batch, 2, length], the logits transposed",
    "one row": "its output logits [?,2] has no batch",
    "three classes": "holds 3 values a token",
    "without ids": "is known to be input_ids",
    "fourth input": "nothing is known to feed its inputs ['head_mask'] with",
    "answers": "output start_logits is i32",
    "f64": "output logits is f64, not f32 or f16 or bf16",
}
