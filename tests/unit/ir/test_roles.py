"""Roles of numbered inputs and outputs, by the graph of a BERT-like model."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import openvino as ov
import pytest

from submission.ir.roles import roles_of_inputs, roles_of_outputs

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from openvino.runtime import opset13 as op

ROWS = op.constant(np.int64(0))


def number(value: int) -> Any:
    return op.constant(np.int64(value))


def by_gather(logits: Any) -> list[Any]:
    return [op.gather(logits, number(place), number(-1)).output(0) for place in (0, 1)]


def by_split(logits: Any) -> list[Any]:
    return [
        op.squeeze(each, number(-1)).output(0) for each in op.split(logits, number(2), 2).outputs()
    ]


def by_slice(logits: Any) -> list[Any]:
    whole = {"begin_mask": [1, 1, 0], "end_mask": [1, 1, 0], "shrink_axis_mask": [0, 0, 1]}
    begins = (np.array([0, 0, place], np.int64) for place in (0, 1))
    step = op.constant(np.ones(3, np.int64))
    return [
        op.strided_slice(logits, op.constant(at), op.constant(at + 1), step, **whole).output(0)
        for at in begins
    ]


def bert(
    cut: Callable[[Any], list[Any]] = by_gather,
    *,
    order: tuple[str, ...] = ("ids", "mask", "types"),
    vocabulary: int = 400,
    reverse: bool = False,
    shared: bool = True,
) -> Any:
    """Inputs are numbered in ``order``, outputs by their place; ``reverse`` has the end first."""
    given = {role: op.parameter([1, 8], ov.Type.i64, name=role) for role in order}
    for place, role in enumerate(order):
        given[role].output(0).set_names({str(place)})
    hidden = op.gather(op.constant(np.ones((vocabulary, 4), np.float32)), given["ids"], ROWS)
    if "types" in given:
        types = op.constant(np.ones((2, 4), np.float32))
        hidden = op.add(hidden, op.gather(types, given["types"], ROWS))
    mask = op.unsqueeze(op.convert(given["mask"], "f32"), number(-1))
    hidden = op.multiply(hidden, mask)
    weights = op.constant(np.ones((4, 2), np.float32))
    logits = op.matmul(hidden, weights, transpose_a=False, transpose_b=False)
    halves = cut(logits)
    if not shared:
        halves[1] = cut(op.add(logits, op.constant(np.float32(1))))[1]
    results = []
    for place, half in enumerate(halves[::-1] if reverse else halves):
        half.get_tensor().set_names({f"out{place}"})
        results.append(op.result(half))
    return ov.Model(results, list(given.values()))


@pytest.mark.parametrize(
    "order",
    [("ids", "mask", "types"), ("types", "ids", "mask"), ("mask", "types", "ids"), ("mask", "ids")],
)
def test_inputs_are_known_by_their_tables(order: tuple[str, ...]) -> None:
    words = {"ids": "input_ids", "mask": "attention_mask", "types": "token_type_ids"}
    expected = {words[role]: str(place) for place, role in enumerate(order)}
    assert roles_of_inputs(bert(order=order)) == expected


def test_a_vocabulary_that_is_too_small_shows_nothing() -> None:
    assert roles_of_inputs(bert(vocabulary=50)) == {}


@pytest.mark.parametrize("cut", [by_gather, by_split, by_slice])
@pytest.mark.parametrize("reverse", [False, True])
def test_outputs_are_known_by_their_place_in_the_head(
    cut: Callable[[Any], list[Any]], reverse: bool
) -> None:
    start, end = ("out1", "out0") if reverse else ("out0", "out1")
    expected = {"start_logits": start, "end_logits": end}
    assert roles_of_outputs(bert(cut, reverse=reverse)) == expected


def test_outputs_of_two_heads_show_nothing() -> None:
    assert roles_of_outputs(bert(shared=False)) == {}
