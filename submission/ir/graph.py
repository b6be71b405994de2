"""An IR's layers, ports, edges and constants; its sub-graphs (``If`` bodies) count too.

Source of the format: OpenVINO's IR version 10 and 11: ``net/layers/layer`` with ``data``,
``input`` and ``output`` ports, and ``net/edges/edge``. A constant is a stretch of the ``.bin``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

from submission.errors import UsageError, words_of
from submission.ir.safe_xml import read_xml

VERSIONS = ("10", "11")
DYNAMIC = -1
#: a dimension, and the elements of one tensor, that no model of this kind comes near
MAX_ELEMENTS = 1 << 40
ITEM_BITS = {
    **dict.fromkeys(("boolean", "u8", "i8", "f8e4m3", "f8e5m2"), 8),
    **dict.fromkeys(("f16", "bf16", "u16", "i16"), 16),
    **dict.fromkeys(("f32", "u32", "i32"), 32),
    **dict.fromkeys(("f64", "u64", "i64"), 64),
    **dict.fromkeys(("u4", "i4", "nf4"), 4),
    "u1": 1,
}


@dataclass(frozen=True, kw_only=True)
class Port:
    """One input or output; ``DYNAMIC`` stands for a dimension that is not fixed."""

    shape: tuple[int, ...]
    precision: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Constant:
    """A stretch of the ``.bin``: ``size_bytes`` from ``offset`` on."""

    element_type: str
    shape: tuple[int, ...]
    offset: int
    size_bytes: int

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One operation; ``bodies`` are the sub-graphs of an ``If``."""

    id: int
    name: str
    type: str
    data: Mapping[str, str]
    inputs: Mapping[int, Port]
    outputs: Mapping[int, Port]
    constant: Constant | None = None
    bodies: tuple[Graph, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Layers by id in the file's order; for each input (layer, port) the layer it comes from."""

    name: str
    layers: Mapping[int, Layer]
    sources: Mapping[tuple[int, int], int] = field(default_factory=dict)

    def every_layer(self) -> Iterator[Layer]:
        """All layers, those of sub-graphs after the layer that holds them."""
        for layer in self.layers.values():
            yield layer
            for body in layer.bodies:
                yield from body.every_layer()

    def of_type(self, kind: str) -> list[Layer]:
        """The layers of a type, without sub-graphs."""
        return [layer for layer in self.layers.values() if layer.type == kind]

    def source(self, layer: Layer, port: int) -> Layer | None:
        """The layer that an input comes from."""
        return self.layers.get(self.sources.get((layer.id, port), -1))


def read_graph(xml: Path, *, bin_bytes: int | None = None) -> Graph:
    """The graph in ``xml``; ``bin_bytes`` is the size of its ``.bin``, if that is there.

    Raises UsageError if it is not an IR, or a constant does not fit its shape or the ``.bin``.
    """
    root = read_xml(xml)
    try:
        graph = _net(root)
        for layer in graph.every_layer():
            if layer.constant is not None:
                _check(layer.constant, layer.name, bin_bytes)
    except (_Broken, ValueError) as error:
        raise UsageError(
            f"{xml} is not an IR that can be read",
            detail=words_of(error),
            hint="give the openvino_model.xml of a model and the .bin that belongs to it",
        ) from error
    return graph


class _Broken(Exception):  # noqa: N818 - carries a reason to the place that words it
    pass


def _net(root: Element) -> Graph:
    if root.tag != "net" or root.get("version") not in VERSIONS:
        raise _Broken(f"its root is <{root.tag} version={root.get('version')!r}>, not an IR's")
    return _graph(root, root.get("name", ""))


def _graph(net: Element, name: str) -> Graph:
    layers: dict[int, Layer] = {}
    for element in net.iterfind("layers/layer"):
        layer = _layer(element)
        if layer.id in layers:
            raise _Broken(f"two layers have the id {layer.id}")
        layers[layer.id] = layer
    sources = {}
    for edge in net.iterfind("edges/edge"):
        ends = [_number(edge, key) for key in ("from-layer", "to-layer", "to-port")]
        if ends[0] not in layers or ends[1] not in layers:
            raise _Broken(f"an edge from {ends[0]} to {ends[1]} ends at no layer")
        sources[ends[1], ends[2]] = ends[0]
    if not layers:
        raise _Broken("it has no layers")
    return Graph(name=name, layers=layers, sources=sources)


def _layer(element: Element) -> Layer:
    data = element.find("data")
    attributes = {} if data is None else dict(data.attrib)
    kind = element.get("type", "")
    name = element.get("name", "")
    bodies = [body for key in ("then_body", "else_body", "body") for body in element.iterfind(key)]
    return Layer(
        id=_number(element, "id"),
        name=name,
        type=kind,
        data=attributes,
        inputs=_ports(element, "input"),
        outputs=_ports(element, "output"),
        constant=_constant(attributes, name) if kind == "Const" else None,
        bodies=tuple(_graph(body, name) for body in bodies),
    )


def _ports(element: Element, side: str) -> dict[int, Port]:
    return {
        _number(port, "id"): Port(
            shape=tuple(_dimension(dim.text or "") for dim in port.iterfind("dim")),
            precision=port.get("precision", ""),
            names=tuple(name for name in port.get("names", "").split(",") if name),
        )
        for port in element.iterfind(f"{side}/port")
    }


def _constant(data: Mapping[str, str], name: str) -> Constant:
    for key in ("element_type", "offset", "size"):
        if key not in data:
            raise _Broken(f"the constant {name} has no {key}")
    dims = [dim for dim in data.get("shape", "").split(",") if dim.strip()]
    return Constant(
        element_type=data["element_type"],
        shape=tuple(_dimension(dim) for dim in dims),
        offset=int(data["offset"]),
        size_bytes=int(data["size"]),
    )


def _check(constant: Constant, name: str, bin_bytes: int | None) -> None:
    if min((constant.offset, constant.size_bytes, *constant.shape)) < 0:
        raise _Broken(f"the constant {name} has a negative offset, size or dimension")
    if constant.elements > MAX_ELEMENTS:
        raise _Broken(f"the constant {name} claims {constant.elements} elements")
    bits = ITEM_BITS.get(constant.element_type)
    if bits is not None and constant.size_bytes != (constant.elements * bits + 7) // 8:
        raise _Broken(
            f"the constant {name} has {constant.size_bytes} bytes for "
            f"{constant.elements} elements of {constant.element_type}"
        )
    end = constant.offset + constant.size_bytes
    if bin_bytes is not None and end > bin_bytes:
        raise _Broken(f"the constant {name} ends at byte {end}, the .bin has {bin_bytes}")


def _number(element: Element, key: str) -> int:
    text = element.get(key)
    if text is None:
        raise _Broken(f"<{element.tag}> has no {key}")
    return int(text)


def _dimension(text: str) -> int:
    text = text.strip()
    if text in {"?", "-1"} or ".." in text:
        return DYNAMIC
    value = int(text)
    if value > MAX_ELEMENTS:
        raise _Broken(f"a dimension of {value} is absurd")
    return value
