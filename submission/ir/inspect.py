"""Collects everything that ``inspect-model`` shows of an IR."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from submission.ir.blocks import Linear, Role, TransformerBlock, blocks_of, linear_layers
from submission.ir.graph import DYNAMIC, Graph, Port, read_graph
from submission.ir.sparsity import Sparsity, sparsities
from submission.terms import MAX_SEQ_LENGTH

_INTEGERS = {"i8", "u8", "i4", "u4"}
#: constants of shapes and indices are no weights
_NOT_WEIGHTS = {"i64", "i32", "boolean"}


@dataclass(frozen=True, kw_only=True)
class Operations:
    """Multiply-adds a token at ``length`` tokens: linear layers, and attention's two products."""

    length: int
    linear: int
    attention: int

    @property
    def per_token(self) -> int:
        return self.linear + self.attention


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """The facts of an IR; ``bin_bytes`` is None if the ``.bin`` is not there."""

    name: str
    xml_bytes: int
    bin_bytes: int | None
    constant_bytes: int
    inputs: Mapping[str, Port]
    outputs: Mapping[str, Port]
    types: Mapping[str, int]
    fake_quantize: int
    weights: int
    weight_types: Mapping[str, int]
    integer_weights: int
    blocks: tuple[TransformerBlock, ...]
    linears: tuple[Linear, ...]
    sparsities: tuple[Sparsity, ...]
    operations: Operations

    @property
    def integer_share(self) -> float:
        """Share of weights that is stored in 8 bits or less, from 0 to 1."""
        return self.integer_weights / self.weights if self.weights else 0.0


def inspect(xml: Path, *, length: int = MAX_SEQ_LENGTH) -> Inspection:
    """Read an IR; its ``.bin`` is looked for beside it, and only its size is used.

    ``length`` is the number of tokens that operations are counted at where the IR leaves it
    open. Raises UsageError if the file is not an IR or does not fit its ``.bin``.
    """
    binary = xml.with_suffix(".bin")
    bin_bytes = binary.stat().st_size if binary.is_file() else None
    graph = read_graph(xml, bin_bytes=bin_bytes)
    linears = linear_layers(graph)
    blocks = blocks_of(graph)
    types = Counter(layer.type for layer in graph.every_layer())
    weight_types = _weight_types(graph)
    return Inspection(
        name=graph.name,
        xml_bytes=xml.stat().st_size,
        bin_bytes=bin_bytes,
        constant_bytes=_constant_bytes(graph),
        inputs=_inputs(graph),
        outputs=_outputs(graph),
        types=dict(types.most_common()),
        fake_quantize=types["FakeQuantize"],
        weights=sum(weight_types.values()),
        weight_types=weight_types,
        integer_weights=sum(weight_types.get(kind, 0) for kind in _INTEGERS),
        blocks=tuple(blocks),
        linears=tuple(linears),
        sparsities=tuple(sparsities(blocks, linears)),
        operations=_operations(graph, linears, blocks, length),
    )


def _inputs(graph: Graph) -> dict[str, Port]:
    return {
        layer.name: port for layer in graph.of_type("Parameter") for port in _first(layer.outputs)
    }


def _outputs(graph: Graph) -> dict[str, Port]:
    found = {}
    for result in graph.of_type("Result"):
        source = graph.source(result, 0)
        port = next(iter(result.inputs.values()), None)
        if source is not None and port is not None:
            names = [name for out in source.outputs.values() for name in out.names]
            found[names[0] if names else source.name] = port
    return found


def _first(ports: Mapping[int, Port]) -> list[Port]:
    return list(ports.values())[:1]


def _weight_types(graph: Graph) -> dict[str, int]:
    """Element type -> numbers that are weights and stored in it."""
    constants = [layer.constant for layer in graph.every_layer() if layer.constant is not None]
    stored = {(c.offset, c.size_bytes): c for c in constants if c.element_type not in _NOT_WEIGHTS}
    found: Counter[str] = Counter()
    for constant in stored.values():
        found[constant.element_type] += constant.elements
    return dict(found)


def _constant_bytes(graph: Graph) -> int:
    """Where the last constant ends: the ``.bin`` is at least so long."""
    constants = [layer.constant for layer in graph.every_layer() if layer.constant is not None]
    return max((c.offset + c.size_bytes for c in constants), default=0)


def _operations(
    graph: Graph, linears: list[Linear], blocks: list[TransformerBlock], length: int
) -> Operations:
    lengths = [port.shape[-1] for port in _inputs(graph).values() if port.shape]
    fixed = [size for size in lengths if size != DYNAMIC]
    tokens = fixed[0] if fixed else length
    # the head works on every token too, so all linear layers count
    widths = sum(linear.outputs for b in blocks for linear in b.of(Role.QUERY, Role.VALUE))
    return Operations(
        length=tokens,
        linear=sum(linear.weights for linear in linears),
        attention=widths * tokens,
    )
