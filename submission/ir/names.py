"""The inputs and outputs of a question-answering model, and their names in an IR."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

FEATURES = ("input_ids", "attention_mask", "token_type_ids")
LOGITS = ("start_logits", "end_logits")
SAME_NAMES: Mapping[str, str] = MappingProxyType({name: name for name in FEATURES})


@dataclass(frozen=True, kw_only=True)
class IrFile:
    """An IR on disk, and what its manifest says that the file itself does not show.

    ``inputs`` maps each of FEATURES to the IR's input; ``outputs`` may name the IR's output of
    each of LOGITS. ``trailing_pad`` is how many padding tokens each sample needs behind it.
    """

    xml: Path
    inputs: Mapping[str, str] = field(default_factory=lambda: SAME_NAMES)
    outputs: Mapping[str, str] = field(default_factory=dict)
    trailing_pad: int = 0
