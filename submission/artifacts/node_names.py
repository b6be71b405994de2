"""Deterministic names for the nodes of a graph."""

from __future__ import annotations

import re
from typing import Any


def number_unnamed_nodes(model: Any) -> None:
    """Number the automatically named nodes by their position in the graph.

    OpenVINO numbers them by how many the process has created, so two exports of one graph would
    differ in their bytes.
    """
    for index, node in enumerate(model.get_ordered_ops()):
        if re.fullmatch(rf"{node.get_type_name()}_\d+", node.get_friendly_name()):
            node.set_friendly_name(f"{node.get_type_name()}_{index}")
