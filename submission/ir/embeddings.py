"""Embedding tables that all compiled lengths of a model share."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import numpy as np


def _operations() -> Any:
    # the package moved in 2025; the old place warns of it, the new one is not in 2024
    for name in ("openvino.opset13", "openvino.runtime.opset13"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                return importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    raise ImportError("this OpenVINO has no operation set 13")


op = _operations()


def unfold_once(model: Any) -> int:
    """Turn compressed embedding tables to float now, once for all copies of ``model``.

    OpenVINO otherwise unfolds a table in each compiled model: 47 MB for each shape of the
    default model. Copies of this one share it. (Looking rows up as they are stored takes still
    less, but is fused with what follows, and that moved logits.) Returns how many tables.
    """
    found = 0
    for gather in model.get_ordered_ops():
        parts = _compressed_table(gather)
        if parts is None:
            continue
        table, scale = parts
        floats = table.data.astype(np.float32) * np.asarray(scale.data, np.float32)
        gather.input(0).replace_source_output(op.constant(floats).output(0))
        found += 1
    return found


def _compressed_table(gather: Any) -> tuple[Any, Any] | None:
    """Table [rows, width] and scale [rows, 1] or [1, 1] behind a Gather of rows, if so it is."""
    if gather.get_type_name() != "Gather":
        return None
    product = gather.input_value(0).get_node()
    if product.get_type_name() != "Multiply":
        return None
    convert, scale = (product.input_value(place).get_node() for place in (0, 1))
    if convert.get_type_name() != "Convert" or scale.get_type_name() != "Constant":
        return None
    table = convert.input_value(0).get_node()
    if table.get_type_name() != "Constant" or len(table.shape) != len("rc"):
        return None
    fits = list(scale.shape) in ([table.shape[0], 1], [1, 1])
    return (table, scale) if fits and _along_rows(gather) else None


def _along_rows(gather: Any) -> bool:
    axis = gather.input_value(2).get_node()
    return axis.get_type_name() == "Constant" and int(np.ravel(axis.data)[0]) == 0
