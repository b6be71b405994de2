"""Weights, scales, biases and quantization ranges with which a graph gives finite logits.

Only their layout is that of trained weights. INT8 weights are drawn from about N(0, 40), which
fills the range as trained ones do, so that zeros do not speed anything up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from submission.ir.graph import Layer
from submission.lab.synthetic.integers import UnknownConstantError
from submission.lab.synthetic.wiring import Use, Wiring

WEIGHT_STD = 40.0
BIAS_STD = 0.02
HIGH = 4.0
#: added to masked scores: their softmax is 0
MASKED = -10_000.0
#: of an asymmetric range; an integer, as in the published models
ZERO_POINT = 120
_MOVES = frozenset({"Reshape", "Transpose", "Multiply", "FakeQuantize"})
_HEADS_RANK = 4
_RANGE_PORTS = (1, 2, 3, 4)
_LOW_PORTS = (1, 3)
_TABLE_BITS = 16


@dataclass(frozen=True, kw_only=True)
class Floats:
    """Float constants of a graph; ``shared_lows`` are offsets of lower bounds of several ranges."""

    wiring: Wiring
    shared_lows: frozenset[int]

    def fixed(self, constant: Layer) -> NDArray[np.float32] | None:
        """The values that follow from the graph, in the constant's shape; None if any will do.

        Raises UnknownConstantError if no layer uses it, or its users need different values.
        """
        assert constant.constant is not None
        found = {self._fixed(use) for use in self.wiring.uses(constant)}
        if len(found) != 1:
            raise UnknownConstantError(f"{constant.name}: its users need {found or 'nothing'}")
        number = found.pop()
        return None if number is None else np.full(constant.constant.shape, number, np.float32)

    def drawn(self, constant: Layer, random: np.random.Generator) -> NDArray[np.float32]:
        """A bias around 0, or the gain of a normalization around 1."""
        assert constant.constant is not None
        gain = any(use.layer.type == "Multiply" for use in self.wiring.uses(constant))
        noise = random.standard_normal(constant.constant.shape, np.float32)
        return np.float32(gain) + np.float32(BIAS_STD) * noise

    def _fixed(self, use: Use) -> float | None:
        layer = use.layer
        if layer.type == "FakeQuantize" and use.port in _RANGE_PORTS:
            low, high = self._range(layer)
            return low if use.port in _LOW_PORTS else high
        if layer.type == "Subtract":
            return 1.0
        if layer.type == "Pad":
            return 0.0
        if layer.type == "Multiply":
            return self._factor(layer)
        return None

    def _factor(self, multiply: Layer) -> float | None:
        """The scale of an INT8 weight, the mask's, or that of the attention scores."""
        source = self.wiring.graph.source(multiply, 0)
        if source is not None and source.type == "Convert":
            columns = source.inputs[0].shape[-1]
            embeds = any(use.layer.type == "Gather" for use in self.wiring.uses(multiply))
            return (0.05 if embeds else 1 / math.sqrt(columns)) / WEIGHT_STD
        shape = next(iter(multiply.outputs.values())).shape
        if len(shape) != _HEADS_RANK:
            return None
        if source is not None and source.type == "Subtract":
            return MASKED
        return 1 / math.sqrt(min(shape[-2:]))

    def _range(self, layer: Layer) -> tuple[float, float]:
        source = self.wiring.graph.source(layer, 0)
        kind = source.type if source is not None else ""
        if kind == "SoftMax":
            return 0.0, 1.0
        if kind == "ReLU" or self._low_is_shared(layer):
            return 0.0, HIGH  # a shared beginning is 0: the range has taken a ReLU in
        if self._is_score(layer):
            return -HIGH * 128 / 127, HIGH
        return -HIGH * ZERO_POINT / (255 - ZERO_POINT), HIGH

    def _low_is_shared(self, layer: Layer) -> bool:
        low = self.wiring.graph.source(layer, 1)
        return (
            low is not None
            and low.constant is not None
            and (low.constant.offset in self.shared_lows)
        )

    def _is_score(self, layer: Layer) -> bool:
        """True for both factors of query x key: such ranges are symmetric."""
        for use in self.wiring.reached(layer, _MOVES - {"FakeQuantize"}):
            if use.layer.type != "MatMul":
                continue
            other = self.wiring.origin(self.wiring.graph.source(use.layer, 1 - use.port), _MOVES)
            if other is not None and other.type not in {"SoftMax", "Convert", "Const"}:
                return True
        return False


def floats(wiring: Wiring) -> Floats:
    """The rules for one graph, with the lower bounds that several ranges share."""
    seen: dict[int, set[int]] = {}
    for layer in wiring.graph.of_type("FakeQuantize"):
        low = wiring.graph.source(layer, 1)
        if low is not None and low.constant is not None:
            seen.setdefault(low.constant.offset, set()).add(layer.id)
    shared = frozenset(offset for offset, layers in seen.items() if len(layers) > 1)
    return Floats(wiring=wiring, shared_lows=shared)


def int8_weights(shape: tuple[int, ...], random: np.random.Generator) -> NDArray[np.int8]:
    """Draws from about N(0, ``WEIGHT_STD``), rounded and clipped to -127 … 127."""
    draws = random.integers(0, 1 << _TABLE_BITS, size=shape, dtype=np.uint16)
    found: NDArray[np.int8] = _quantiles()[draws]
    return found


@cache
def _quantiles() -> NDArray[np.int8]:
    """The normal distribution's quantiles: a look-up is ten times faster than a normal draw."""
    size = 1 << _TABLE_BITS
    normal = np.random.default_rng(0).standard_normal(size) * WEIGHT_STD
    return np.clip(np.rint(np.sort(normal)), -127, 127).astype(np.int8)
