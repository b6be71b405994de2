"""The linear layers of an IR, and which transformer block and role each has.

A linear layer is a MatMul with a constant weight (through Convert, Multiply, Subtract or
FakeQuantize). Blocks and roles are read off the layers' names, as PyTorch's modules call them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from submission.ir.graph import Graph, Layer

_RANK = 2
_HEADS_RANK = 4
#: operations between a weight as it is stored and the MatMul that uses it
THROUGH = {"Convert", "Multiply", "Subtract", "FakeQuantize", "Reshape", "Transpose"}
_BLOCK = re.compile(r"layers?[./](\d+)[./]")


class Role(StrEnum):
    """What a linear layer is for."""

    QUERY = "query"
    KEY = "key"
    VALUE = "value"
    ATTENTION_OUT = "attention output"
    FFN_IN = "FFN in"
    FFN_OUT = "FFN out"
    BOTTLENECK = "bottleneck"
    OTHER = "other"


#: the first that is found in the name of a layer decides
_ROLES = (
    (re.compile(r"bottleneck"), Role.BOTTLENECK),
    (re.compile(r"attention[./]self[./]query[./]"), Role.QUERY),
    (re.compile(r"attention[./]self[./]key[./]"), Role.KEY),
    (re.compile(r"attention[./]self[./]value[./]"), Role.VALUE),
    (re.compile(r"attention[./]output[./]dense[./]"), Role.ATTENTION_OUT),
    (re.compile(r"intermediate[./]dense[./]"), Role.FFN_IN),
    (re.compile(r"output[./]dense[./]"), Role.FFN_OUT),
)
ATTENTION = (Role.QUERY, Role.KEY, Role.VALUE, Role.ATTENTION_OUT)
FFN = (Role.FFN_IN, Role.FFN_OUT)


@dataclass(frozen=True, kw_only=True)
class Linear:
    """A weight of ``outputs`` rows and ``inputs`` columns; ``block`` is None outside of blocks."""

    name: str
    block: int | None
    role: Role
    outputs: int
    inputs: int
    element_type: str

    @property
    def weights(self) -> int:
        """Multiply-adds a token, too."""
        return self.outputs * self.inputs


@dataclass(frozen=True, kw_only=True)
class TransformerBlock:
    """One transformer block: its linear layers, and how many heads of which size it kept."""

    number: int
    linears: tuple[Linear, ...]
    heads: int | None
    head_size: int | None

    def of(self, *roles: Role) -> list[Linear]:
        """Its linear layers of these roles, in the order of the file."""
        return [linear for linear in self.linears if linear.role in roles]


def linear_layers(graph: Graph) -> list[Linear]:
    """Every linear layer, in the order of the file.

    The converter renames some layers; one without a name of its block belongs to the block of
    the next layer that has one (so stand MobileBERT's bottlenecks).
    """
    found = [
        (layer, shape, kind)
        for layer in graph.of_type("MatMul")
        for shape, kind in _weight(graph, layer)
    ]
    blocks: list[int | None] = []
    following: int | None = None
    for layer, _, _ in reversed(found):
        match = _BLOCK.search(layer.name)
        if match:
            following = int(match[1])
        named = match is not None or _is_module(layer.name)
        blocks.append(int(match[1]) if match else None if named else following)
    return [
        _linear(layer, shape, kind, block)
        for (layer, shape, kind), block in zip(found, reversed(blocks), strict=True)
    ]


def blocks_of(graph: Graph) -> list[TransformerBlock]:
    """The transformer blocks, by number; empty if no layer's name has a number."""
    linears = linear_layers(graph)
    numbers = sorted({linear.block for linear in linears if linear.block is not None})
    return [_block(graph, number, linears) for number in numbers]


def _weight(graph: Graph, matmul: Layer) -> Iterator[tuple[tuple[int, int], str]]:
    """(outputs, inputs) and stored type of the constant weight, if the MatMul has one."""
    layer = graph.source(matmul, 1)
    while layer is not None and layer.type in THROUGH:
        layer = graph.source(layer, 0)
    port = matmul.inputs.get(1)
    if layer is None or layer.constant is None or port is None or len(port.shape) != _RANK:
        return
    rows, columns = port.shape
    if matmul.data.get("transpose_b", "false") != "true":
        rows, columns = columns, rows
    yield (rows, columns), layer.constant.element_type


def _is_module(name: str) -> bool:
    """True if the name is a module's path rather than one that the converter invented."""
    return "/" in name or "." in name


def _linear(layer: Layer, shape: tuple[int, int], kind: str, block: int | None) -> Linear:
    role = next((role for pattern, role in _ROLES if pattern.search(layer.name)), Role.OTHER)
    if role is Role.OTHER and block is not None:
        role = Role.BOTTLENECK
    return Linear(
        name=layer.name,
        block=block,
        role=role if block is not None else Role.OTHER,
        outputs=shape[0],
        inputs=shape[1],
        element_type=kind,
    )


def _block(graph: Graph, number: int, linears: list[Linear]) -> TransformerBlock:
    own = tuple(linear for linear in linears if linear.block == number)
    width = next((linear.outputs for linear in own if linear.role is Role.QUERY), None)
    heads = None if width is None else next(_heads(graph, number, width), None)
    return TransformerBlock(
        number=number,
        linears=own,
        heads=heads,
        head_size=width // heads if width and heads else None,
    )


def _heads(graph: Graph, number: int, width: int) -> Iterator[int]:
    """Heads, from a tensor [batch, length, heads, size] or [batch, heads, length, size]."""
    for layer in graph.layers.values():
        match = _BLOCK.search(layer.name)
        if match is None or int(match[1]) != number or "attention" not in layer.name:
            continue
        for port in (*layer.outputs.values(), *layer.inputs.values()):
            if len(port.shape) == _HEADS_RANK:
                _, one, two, size = port.shape
                yield from (heads for heads in (one, two) if heads > 0 and heads * size == width)
