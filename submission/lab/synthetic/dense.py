"""The dense baseline of a pruned graph: the same graph with every head and neuron restored."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from submission.errors import UsageError
from submission.files import write_bytes
from submission.ir.blocks import ATTENTION, FFN, THROUGH, Linear, blocks_of
from submission.ir.graph import ITEM_BITS, Graph, Layer, read_graph
from submission.ir.safe_xml import read_xml
from submission.ir.sparsity import dense_shape
from submission.lab.synthetic.wiring import Wiring, wire

Shape = tuple[int, ...]


def write_dense_xml(pruned: Path, to: Path) -> Graph:
    """Write the dense baseline of the IR ``pruned`` to ``to``, and read it back.

    Constants get their dense shapes and new offsets in the ``.bin``. The shapes of other layers
    stay those of the pruned graph; OpenVINO infers them when it reads the file.
    Raises UsageError if no transformer block is recognised.
    """
    shapes = _dense_shapes(read_graph(pruned), pruned)
    root = read_xml(pruned)
    for layer in root.iterfind("layers/layer"):
        shape = shapes.get(int(layer.get("id", "-1")))
        if shape is not None:
            _reshape(layer, shape)
    _place(root)
    write_bytes(to, ET.tostring(root, encoding="utf-8", xml_declaration=True))
    return read_graph(to)


def _dense_shapes(graph: Graph, path: Path) -> dict[int, Shape]:
    """The dense shape of each constant that pruning made smaller, by layer."""
    wiring = wire(graph)
    matmuls = {layer.name: layer for layer in graph.of_type("MatMul")}
    blocks = blocks_of(graph)
    if not blocks:
        raise UsageError(
            f"{path} has no dense baseline",
            detail="no transformer block is recognised by the layers' names",
            hint="give an IR of BERT or MobileBERT for question answering",
        )
    shapes: dict[int, Shape] = {}
    for block in blocks:
        for linear in block.of(*ATTENTION, *FFN):
            dense = dense_shape(linear, block)
            for layer, shape in _constants(wiring, matmuls[linear.name], linear, dense):
                shapes[layer.id] = shape
    return shapes


def _constants(
    wiring: Wiring, matmul: Layer, linear: Linear, dense: tuple[int, int]
) -> Iterator[tuple[Layer, Shape]]:
    """Weight, its scales for each row, and the bias behind the product."""
    layer = wiring.graph.source(matmul, 1)
    while layer is not None and layer.type in THROUGH:
        scale = wiring.graph.source(layer, 1)
        if scale is not None and scale.constant and scale.constant.shape == (linear.outputs, 1):
            yield scale, (dense[0], 1)
        layer = wiring.graph.source(layer, 0)
    if layer is not None and layer.constant:
        yield layer, dense if layer.constant.shape[0] == linear.outputs else dense[::-1]
    for use in wiring.uses(matmul):
        bias = wiring.graph.source(use.layer, 1 - use.port) if use.layer.type == "Add" else None
        if bias is not None and bias.constant and bias.constant.shape[-1:] == (linear.outputs,):
            yield bias, (*bias.constant.shape[:-1], dense[0])


def _reshape(layer: ET.Element, shape: Shape) -> None:
    data = layer.find("data")
    assert data is not None
    bits = ITEM_BITS[data.get("element_type", "")]
    data.set("shape", ", ".join(map(str, shape)))
    data.set("size", str(math.prod(shape) * bits // 8))
    for port in layer.iterfind("output/port"):
        for dim in list(port):
            port.remove(dim)
        for size in shape:
            ET.SubElement(port, "dim").text = str(size)


def _place(root: ET.Element) -> None:
    """Lay the constants out one after the other; shared ones stay shared."""
    places: dict[tuple[str, str], int] = {}
    at = 0
    for layer in root.iter("layer"):
        data = layer.find("data")
        if layer.get("type") != "Const" or data is None:
            continue
        key = (data.get("offset", ""), data.get("size", ""))
        if key not in places:
            places[key] = at
            at += int(key[1])
        data.set("offset", str(places[key]))
