"""Integer constants that follow from a graph's shapes: axes, orders, slices and sizes.

Source: OpenVINO's operation specifications (opset 1 to 13). Values that would depend on the
sequence length or on pruned widths use the general form: 0 keeps a dimension, -1 is the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import permutations

from submission.ir.blocks import blocks_of
from submission.ir.graph import Graph, Layer
from submission.ir.sparsity import dense_heads
from submission.lab.synthetic.wiring import Use, Wiring

END = (1 << 31) - 1
_HEADS_AXIS = 2
_HEADS_RANK = 4
Ints = list[int]
#: the orders of attention come first: they are right where several fit the shapes
_USUAL_ORDERS = ((0, 2, 1, 3), (0, 2, 3, 1))


class UnknownConstantError(Exception):
    """No rule gives the value of a constant; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Integers:
    """The values of a graph's integer constants; ``dense`` restores pruned heads."""

    wiring: Wiring
    heads_of: Mapping[int, int]
    dense: bool

    def value(self, constant: Layer) -> Ints:
        """The flat values of ``constant``; raises UnknownConstantError."""
        found = {tuple(self._for(use)) for use in self.wiring.uses(constant)}
        if len(found) != 1:
            raise UnknownConstantError(f"{constant.name}: its users need {sorted(found)}")
        return list(found.pop())

    def _for(self, use: Use) -> Ints:
        rule = _RULES.get((use.layer.type, use.port))
        if rule is None:
            raise UnknownConstantError(
                f"an integer constant enters {use.layer.type} {use.layer.name} at {use.port}"
            )
        return rule(self, use.layer)


def integers(wiring: Wiring, *, dense: bool = False) -> Integers:
    """The rules for one graph; the dense heads of its blocks are read off its shapes."""
    return Integers(wiring=wiring, heads_of=_dense_heads(wiring.graph), dense=dense)


def _dense_heads(graph: Graph) -> dict[int, int]:
    """Heads of the dense block by the width of one head: a model has one kind of block."""
    found = {}
    for block in blocks_of(graph):
        heads = dense_heads(block)
        if heads is not None and block.head_size is not None:
            found[block.head_size] = heads
    return found


def _input(layer: Layer, port: int = 0) -> tuple[int, ...]:
    return layer.inputs[port].shape


def _output(layer: Layer) -> tuple[int, ...]:
    return next(iter(layer.outputs.values())).shape


def _gather_indices(rules: Integers, layer: Layer) -> Ints:
    shape = _input(layer, 1)
    source = rules.wiring.graph.source(layer, 0)
    if source is not None and source.type == "ShapeOf":
        # the last dimension, or the first ones (batch and length)
        return [-1] if shape == (1,) else list(range(shape[0]))
    return list(range(shape[-1]))  # position ids


def _order(rules: Integers, layer: Layer) -> Ints:
    del rules
    before, after = _input(layer), _output(layer)
    for order in (*_USUAL_ORDERS, *permutations(range(len(before)))):
        if len(order) == len(before) and tuple(before[axis] for axis in order) == after:
            return list(order)
    raise UnknownConstantError(f"{layer.name}: no order of {before} is {after}")


def _pattern(rules: Integers, layer: Layer) -> Ints:
    """``[0, 0, -1, size]`` or ``[0, 0, -1]``: heads apart, heads together."""
    del rules
    after = _output(layer)
    if len(after) == _HEADS_RANK:
        return [0, 0, -1, after[-1]]
    return [*([0] * (len(after) - 1)), -1]


def _reshaped(rules: Integers, layer: Layer) -> tuple[int, ...]:
    """The shape that a computed pattern leads to."""
    for use in rules.wiring.reached(layer, frozenset({"Subtract", "Concat"})):
        if use.layer.type == "Reshape" and use.port == 1:
            return _output(use.layer)
    raise UnknownConstantError(f"{layer.name} is no shape of a Reshape")


def _asked_shape(rules: Integers, layer: Layer) -> Ints:
    """The shape as it was before heads were taken out of it by a Subtract."""
    shape = list(_reshaped(rules, layer))
    cut = any(use.layer.type == "Subtract" for use in rules.wiring.uses(layer))
    if cut:
        shape[_HEADS_AXIS] = rules.heads_of[shape[-1]]
    return shape


def _concat(port: int) -> Callable[[Integers, Layer], Ints]:
    def value(rules: Integers, layer: Layer) -> Ints:
        start = sum(_input(layer, before)[0] for before in range(port))
        return _asked_shape(rules, layer)[start : start + _input(layer, port)[0]]

    return value


def _heads_taken(rules: Integers, layer: Layer) -> Ints:
    shape = _reshaped(rules, layer)
    taken = [0] * len(shape)
    if not rules.dense:
        taken[_HEADS_AXIS] = rules.heads_of[shape[-1]] - shape[_HEADS_AXIS]
    return taken


def _new_axis(rules: Integers, layer: Layer) -> Ints:
    """The mask [1, length] gets its heads' axis, then that of the queries."""
    del rules
    return [len(_input(layer)) - 1]


def _squeezed_axis(rules: Integers, layer: Layer) -> Ints:
    del rules, layer
    return [-1]


def _last_axis(rules: Integers, layer: Layer) -> Ints:
    del rules, layer
    return [-1]


def _first_axis(rules: Integers, layer: Layer) -> Ints:
    del rules, layer
    return [0]


def _one(rules: Integers, layer: Layer) -> Ints:
    del rules, layer
    return [1]


def _split_sizes(rules: Integers, layer: Layer) -> Ints:
    del rules
    return [port.shape[-1] for port in layer.outputs.values()]


def _looks_ahead(rules: Integers, layer: Layer) -> bool:
    """True if the rows are moved towards the start: MobileBERT joins next, own, previous token."""
    through = frozenset({"Pad", "StridedSlice"})
    return any(use.port == 0 for use in rules.wiring.reached(layer, through))


def _cut_begin(rules: Integers, layer: Layer) -> Ints:
    return [0, 1] if _looks_ahead(rules, layer) else [0, 0]


def _cut_end(rules: Integers, layer: Layer) -> Ints:
    return [0, END] if _looks_ahead(rules, layer) else [0, -1]


def _ones(rules: Integers, layer: Layer) -> Ints:
    del rules
    return [1] * _input(layer, 3)[0]


def _padding(*, at_end: bool) -> Callable[[Integers, Layer], Ints]:
    def value(rules: Integers, layer: Layer) -> Ints:
        here = _looks_ahead(rules, layer) is at_end
        missing = [
            after - before for before, after in zip(_input(layer), _output(layer), strict=True)
        ]
        return missing if here else [0] * len(missing)

    return value


_RULES: Mapping[tuple[str, int], Callable[[Integers, Layer], Ints]] = {
    ("Concat", 1): _concat(1),
    ("Concat", 2): _concat(2),
    ("Equal", 1): _one,
    ("Gather", 1): _gather_indices,
    ("Gather", 2): _first_axis,
    ("MVN", 1): _last_axis,
    ("Pad", 1): _padding(at_end=False),
    ("Pad", 2): _padding(at_end=True),
    ("Reshape", 1): _pattern,
    ("Squeeze", 1): _squeezed_axis,
    ("StridedSlice", 1): _cut_begin,
    ("StridedSlice", 2): _cut_end,
    ("StridedSlice", 3): _ones,
    ("Subtract", 1): _heads_taken,
    ("Transpose", 1): _order,
    ("Unsqueeze", 1): _new_axis,
    ("VariadicSplit", 1): _last_axis,
    ("VariadicSplit", 2): _split_sizes,
}
