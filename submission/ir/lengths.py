"""A graph at another length than the one it was exported at.

An exported BERT may hold its position ids as a constant [1, L] (the published JPQD models do,
with L = 384), or its position embeddings as [1, L, width]. Both belong to the tokens in order,
so a shorter input needs their beginning; OpenVINO's own reshape leaves them as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from openvino import PartialShape

try:
    from openvino import op  # from 2025.0 on
except ImportError:
    from openvino.runtime import op

IDS_RANK = 2
EMBEDDINGS_RANK = 3
_INDICES_PORT = 1


def shorten(model: Any, own_length: int, length: int, *, batch: int = 1) -> int:
    """Give ``model`` inputs of [batch, length] in place of [1, own_length]; it is changed in place.

    Returns how many position constants were cut. Raises ValueError if ``length`` is beyond the
    positions that are known, RuntimeError (OpenVINO's) if the graph does not allow it.
    """
    found = list(_position_inputs(model, own_length))
    if found:
        if length > own_length:
            raise ValueError(f"the positions of {own_length} tokens are known, not of {length}")
        # inputs and constants at once: OpenVINO cannot reshape a model while their lengths differ
        for parameter in model.get_parameters():
            parameter.set_partial_shape(PartialShape([batch, length]))
        for place, values in found:
            # another input may read the same constant for something else: it keeps the long one
            place.replace_source_output(op.Constant(values[:, :length].copy()).output(0))
        model.validate_nodes_and_infer_types()
    model.reshape({port: PartialShape([batch, length]) for port in model.inputs})
    return len(found)


def _position_inputs(model: Any, own_length: int) -> Iterator[tuple[Any, NDArray[Any]]]:
    """Inputs that read a constant which has one entry a position, and that constant."""
    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        if kind == "Gather":
            places, rank = [node.input(_INDICES_PORT)], IDS_RANK
        elif kind == "Add":
            places, rank = node.inputs(), EMBEDDINGS_RANK
        else:
            continue
        for place in places:
            values = _constant(place)
            if values is not None and values.ndim == rank and values.shape[:2] == (1, own_length):
                yield place, values


def _constant(place: Any) -> NDArray[Any] | None:
    source = place.get_source_output().get_node()
    if source.get_type_name() != "Constant":
        return None
    return np.asarray(source.data)
