"""IRs of a few hundred weights with the inputs and outputs of a question-answering model."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov

with warnings.catch_warnings():
    # importing the operation sets warns about a future move of the module
    warnings.simplefilter("ignore", DeprecationWarning)
    from openvino.runtime import opset13 as op

NAMES = ("input_ids", "attention_mask", "token_type_ids")
VOCABULARY = 64
WIDTH = 8


def expected_logits(ids: Any, segments: Any, *, position_ids: bool = False) -> Any:
    """What the tiny model answers: float32 [length, 2]."""
    table, weights = _constants()
    hidden = table[np.asarray(ids)] + np.asarray(segments, np.float32)[:, None]
    if position_ids:
        hidden = hidden + 2 * _positions(len(hidden))
    return hidden @ weights


def write_model(
    path: Path,
    *,
    length: int = -1,
    names: tuple[str, str, str] = NAMES,
    position_ids: bool = False,
    rigid: bool = False,
    two_outputs: bool = False,
    output_names: tuple[str, str] = ("start_logits", "end_logits"),
    element_type: str = "int64",
) -> Path:
    """A model of inputs [1, length] (-1: any).

    ``position_ids``: positions as exported models hold them, ids that are looked up and
    embeddings that are added. ``rigid``: the graph asks for its length and for no other.
    """
    table, weights = _constants()
    parameters = [
        op.parameter([1, length], dtype=ov.Type(np.dtype(element_type)), name=name)
        for name in names
    ]
    for parameter, name in zip(parameters, names, strict=True):
        parameter.output(0).set_names({name})
    ids, mask, segments = parameters
    hidden = op.gather(op.constant(table), op.convert(ids, "i32"), op.constant(np.int64(0)))
    hidden = op.add(hidden, _column(segments))
    # the mask must be used, and is 1 where answers are looked at
    hidden = op.multiply(hidden, _column(mask))
    if position_ids:
        numbers = op.constant(np.arange(length, dtype=np.int64)[None])
        rows = op.gather(op.constant(_positions(length)), numbers, op.constant(np.int64(0)))
        hidden = op.add(op.add(hidden, rows), op.constant(_positions(length)[None]))
    if rigid:
        wall = np.zeros((length, 1), np.float32)
        hidden = op.add(hidden, op.constant(wall))
    logits = op.matmul(hidden, op.constant(weights), transpose_a=False, transpose_b=False)
    ov.save_model(
        ov.Model(_results(logits, output_names if two_outputs else None), parameters),
        path,
        compress_to_fp16=False,
    )
    return path


def _column(parameter: Any) -> Any:
    return op.unsqueeze(op.convert(parameter, "f32"), op.constant(np.int64(-1)))


def _results(logits: Any, names: tuple[str, str] | None) -> list[Any]:
    if names is None:
        logits.output(0).set_names({"logits"})
        return [op.result(logits)]
    results = []
    # the end before the start, as the published models have it in some exports
    for name, place in ((names[1], 1), (names[0], 0)):
        half = op.gather(logits, op.constant(np.int64(place)), op.constant(np.int64(-1)))
        half.output(0).set_names({name})
        results.append(op.result(half))
    return results


def _positions(length: int) -> Any:
    return np.random.default_rng(6).normal(size=(length, WIDTH)).astype(np.float32)


def _constants() -> tuple[Any, Any]:
    rng = np.random.default_rng(5)
    table = rng.normal(size=(VOCABULARY, WIDTH)).astype(np.float32)
    return table, rng.normal(size=(WIDTH, 2)).astype(np.float32)
