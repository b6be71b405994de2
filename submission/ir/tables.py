"""How many rows the embedding tables of an IR have.

OpenVINO's Gather answers an index beyond its table with zeros and says nothing, so that a
vocabulary of another model, or a sample that is too long, would only lower F1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from submission.ir.names import POSITIONS

_TABLE_RANK = 2
_AXIS_PORT = 2
#: what may lie between an input and the look-up in its table without changing an index
_PASSING = {"Convert", "Reshape", "Squeeze", "Unsqueeze"}


def table_rows(model: Any, inputs: Mapping[str, str]) -> dict[str, int]:
    """Feature -> rows of the smallest table that it is looked up in, where the graph shows it.

    Indices that depend on no input's values, only on its shape, are positions.
    """
    features = {name: feature for feature, name in inputs.items()}
    found: dict[str, int] = {}
    for gather, rows in _look_ups(model):
        indices = gather.input_value(1).get_node()
        parameter = _source(indices)
        if parameter is not None:
            names = parameter.output(0).get_names()
            feature = next((features[name] for name in names if name in features), "")
        else:
            feature = "" if _computed_from_inputs(indices) else POSITIONS
        if feature:
            found[feature] = min(rows, found.get(feature, rows))
    return found


def _look_ups(model: Any) -> Iterator[tuple[Any, int]]:
    """Every Gather of rows from a table of numbers, and how many rows there are."""
    for node in model.get_ordered_ops():
        if node.get_type_name() != "Gather":
            continue
        shape = node.input(0).get_partial_shape()
        axis = node.input_value(_AXIS_PORT).get_node()
        if shape.rank.is_dynamic or len(shape) != _TABLE_RANK or shape[0].is_dynamic:
            continue
        if axis.get_type_name() != "Constant" or int(np.ravel(axis.data)[0]) != 0:
            continue
        if node.output(0).get_element_type().get_type_name() in {"f32", "f16", "bf16"}:
            yield node, int(shape[0].get_length())


def _source(node: Any) -> Any | None:
    """The Parameter whose values ``node`` passes on; None if it makes its own."""
    while node.get_type_name() in _PASSING:
        node = node.input_value(0).get_node()
    return node if node.get_type_name() == "Parameter" else None


def _computed_from_inputs(node: Any) -> bool:
    """Whether an input's values, not only its shape, go into ``node``."""
    seen, waiting = set(), [node]
    while waiting:
        each = waiting.pop()
        name = each.get_friendly_name()
        if name in seen or each.get_type_name() == "ShapeOf":
            continue
        if each.get_type_name() == "Parameter":
            return True
        seen.add(name)
        waiting += [value.get_node() for value in each.input_values()]
    return False
