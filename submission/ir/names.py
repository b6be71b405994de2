"""The inputs and outputs of a question-answering model, and their names in an IR."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

FEATURES = ("input_ids", "attention_mask", "token_type_ids")
#: an input that follows from the length alone: 0, 1, 2 …
POSITIONS = "position_ids"
INPUTS = (*FEATURES, POSITIONS)
SAME_NAMES: Mapping[str, str] = MappingProxyType({name: name for name in FEATURES})
LOGITS = ("start_logits", "end_logits")
#: of a model whose one output holds both
BOTH_LOGITS = "logits"


@dataclass(frozen=True, kw_only=True)
class IrFile:
    """An IR on disk, and what its manifest says that the file itself does not show.

    ``inputs`` maps INPUTS to the IR's own names; what it leaves out is found by the usual names.
    ``outputs`` may name the IR's output of each of LOGITS, or that of BOTH_LOGITS.
    ``trailing_pad`` is how many padding tokens each sample needs behind it.
    """

    xml: Path
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    trailing_pad: int = 0
