"""Names of a graph's nodes that do not depend on what else the process made."""

from __future__ import annotations

import re
from typing import Any


def number_unnamed_nodes(model: Any) -> None:
    """Number unnamed nodes by place, not by how many the process made before: same bytes again."""
    for index, node in enumerate(model.get_ordered_ops()):
        if re.fullmatch(rf"{node.get_type_name()}_\d+", node.get_friendly_name()):
            node.set_friendly_name(f"{node.get_type_name()}_{index}")
