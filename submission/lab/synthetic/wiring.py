"""A graph with its edges in both directions: from a layer to its users, and back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from submission.ir.graph import Graph, Layer


@dataclass(frozen=True, kw_only=True)
class Use:
    """An edge: the input ``port`` of ``layer``."""

    layer: Layer
    port: int


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """A graph, and the users of each layer by its id."""

    graph: Graph
    users: Mapping[int, tuple[Use, ...]]

    def uses(self, layer: Layer) -> tuple[Use, ...]:
        """The inputs that ``layer`` feeds."""
        return self.users.get(layer.id, ())

    def reached(self, layer: Layer, through: frozenset[str]) -> Iterator[Use]:
        """The first inputs after ``layer`` of layers whose type is not in ``through``."""
        for use in self.uses(layer):
            if use.layer.type in through:
                yield from self.reached(use.layer, through)
            else:
                yield use

    def origin(self, layer: Layer | None, through: frozenset[str]) -> Layer | None:
        """``layer`` or the first one before it whose type is not in ``through``."""
        while layer is not None and layer.type in through:
            layer = self.graph.source(layer, 0)
        return layer


def wire(graph: Graph) -> Wiring:
    """The wiring of one graph, without its sub-graphs."""
    users: dict[int, list[Use]] = defaultdict(list)
    for (layer_id, port), source in graph.sources.items():
        users[source].append(Use(layer=graph.layers[layer_id], port=port))
    return Wiring(graph=graph, users={key: tuple(value) for key, value in users.items()})


def every_wiring(graph: Graph) -> Iterator[Wiring]:
    """The wirings of a graph and of all its sub-graphs."""
    yield wire(graph)
    for layer in graph.layers.values():
        for body in layer.bodies:
            yield from every_wiring(body)
