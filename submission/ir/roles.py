"""Which input and output of a question-answering IR is which, by its graph alone.

Exports may number their inputs and outputs. Token ids are looked up in the largest table, token
types in a table of a few rows, and a mask in none. The head of such a model gives two numbers a
token, the start before the end.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from submission.ir.names import LOGITS
from submission.ir.tables import table_rows

#: fewer rows than any vocabulary has, more than there are token types
_FEW_ROWS = 16
_LEAST_VOCABULARY = 100
_PASSING = {"Convert", "Reshape", "Squeeze", "Unsqueeze", "Result"}
_LAST = {-1, 2}


def roles_of_inputs(model: Any) -> dict[str, str]:
    """Feature -> name of the input; empty where the graph leaves a choice."""
    names = [min(port.get_names()) for port in model.inputs if port.get_names()]
    if len(names) != len(model.inputs):
        return {}
    rows = table_rows(model, {name: name for name in names})
    ids = [name for name in names if rows.get(name, 0) >= _LEAST_VOCABULARY]
    types = [name for name in names if 0 < rows.get(name, 0) <= _FEW_ROWS]
    masks = [name for name in names if name not in rows]
    if (len(ids), len(masks)) != (1, 1) or len(ids + types + masks) != len(names) or types[1:]:
        return {}
    found = {"input_ids": ids[0], "attention_mask": masks[0]}
    return found | ({"token_type_ids": types[0]} if types else {})


def roles_of_outputs(model: Any) -> dict[str, str]:
    """Each of LOGITS -> name of the output; empty where the graph leaves a choice."""
    found: dict[int, str] = {}
    heads = set()
    for port in model.outputs:
        head, place = _place_in_head(port.node)
        if place is not None and port.get_names():
            found[place] = min(port.get_names())
            heads.add(head)
    if sorted(found) != [0, 1] or len(heads) != 1:
        return {}
    return {role: found[place] for place, role in enumerate(LOGITS)}


def _place_in_head(result: Any) -> tuple[str, int | None]:
    """The name of the tensor that an output is cut from, and the place of its last axis."""
    port = result.input_value(0)
    while port.get_node().get_type_name() in _PASSING:
        port = port.get_node().input_value(0)
    node = port.get_node()
    source = node.input_value(0).get_node().get_friendly_name() if node.inputs() else ""
    kind = node.get_type_name()
    if kind in {"Split", "VariadicSplit"} and _number(node, 1) in _LAST:
        return source, port.get_index()
    if kind == "Gather" and _number(node, 2) in _LAST:
        return source, _number(node, 1)
    if kind == "StridedSlice":
        begin = _constant(node, 1)
        return source, int(begin[-1]) if begin is not None else None
    return source, None


def _number(node: Any, place: int) -> int | None:
    values = _constant(node, place)
    return int(values[0]) if values is not None and len(values) == 1 else None


def _constant(node: Any, place: int) -> Any | None:
    """The values of a constant input, flat."""
    given = node.input_value(place).get_node()
    return np.ravel(given.data) if given.get_type_name() == "Constant" else None
