"""Write a ``.bin`` of true size and layout: every constant of a graph gets fitting values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from submission.errors import StageError, UsageError
from submission.files import replacing
from submission.ir.graph import Constant, Graph, Layer
from submission.lab.synthetic.floats import Floats, floats, int8_weights
from submission.lab.synthetic.integers import Integers, UnknownConstantError, integers
from submission.lab.synthetic.wiring import every_wiring

_TYPES = {"i64": np.int64, "i32": np.int32, "f32": np.float32, "f16": np.float16, "i8": np.int8}
_INTEGERS = ("i64", "i32")


@dataclass(frozen=True, kw_only=True)
class _Stretch:
    """One range of the ``.bin``; ``ready`` are its bytes, None if they are drawn at random."""

    layer: Layer
    place: Constant
    numbers: Floats
    ready: bytes | None

    def content(self, seed: int) -> bytes | memoryview:
        if self.ready is not None:
            return self.ready
        # one generator for each constant: its size does not change the values of others
        random = np.random.default_rng((seed, self.place.offset))
        if self.place.element_type == "i8":
            return int8_weights(self.place.shape, random).data
        return self.numbers.drawn(self.layer, random).astype(_TYPES[self.place.element_type]).data

    def agrees(self, other: _Stretch) -> bool:
        """Whether both ask for the same bytes; shapes may differ (a scalar, a list of one)."""
        return (self.place.size_bytes, self.ready) == (other.place.size_bytes, other.ready)


def write_bin(graph: Graph, path: Path, *, seed: int = 0, dense: bool = False) -> int:
    """Write synthetic weights for ``graph`` to ``path``; return the size in bytes.

    ``dense`` is for a graph whose pruned widths were restored (``submission.lab.synthetic.dense``).
    Deterministic for a graph and a seed. Raises UsageError if the meaning of a constant is unknown
    or two constants at one offset need different values, StageError if ``path`` cannot be written.
    """
    try:
        stretches = _stretches(graph, dense=dense)
    except UnknownConstantError as error:
        raise UsageError(
            "no synthetic weights can be made for this graph",
            detail=str(error),
            hint="only graphs of BERT and MobileBERT for question answering are known",
        ) from error
    try:
        return _write(stretches, path, seed)
    except OSError as error:
        raise StageError(
            f"{path} cannot be written",
            detail=error.strerror or str(error),
            hint="free some space or make the folder writable",
        ) from error


def _stretches(graph: Graph, *, dense: bool) -> list[_Stretch]:
    """The ranges of all constants, by offset."""
    found: dict[int, _Stretch] = {}
    for stretch in _constants(graph, dense=dense):
        first = found.setdefault(stretch.place.offset, stretch)
        if not stretch.agrees(first):
            raise UnknownConstantError(
                f"{stretch.layer.name} and {first.layer.name} share byte {stretch.place.offset}, "
                "but need different numbers"
            )
    ordered = [found[offset] for offset in sorted(found)]
    for one, following in pairwise(ordered):
        if one.place.offset + one.place.size_bytes > following.place.offset:
            raise UnknownConstantError(f"{one.layer.name} and {following.layer.name} overlap")
    return ordered


def _constants(graph: Graph, *, dense: bool) -> Iterator[_Stretch]:
    for wiring in every_wiring(graph):
        ints, numbers = integers(wiring, dense=dense), floats(wiring)
        for layer in wiring.graph.of_type("Const"):
            assert layer.constant is not None
            ready = _ready(layer, layer.constant, ints, numbers)
            yield _Stretch(layer=layer, place=layer.constant, numbers=numbers, ready=ready)


def _ready(layer: Layer, place: Constant, ints: Integers, numbers: Floats) -> bytes | None:
    """The bytes of a constant whose value follows from the graph; None for the others."""
    kind = place.element_type
    if kind not in _TYPES:
        raise UnknownConstantError(f"{layer.name} holds {kind}")
    if kind in _INTEGERS:
        made = np.array(ints.value(layer), _TYPES[kind]).tobytes()
        if len(made) != place.size_bytes:
            raise UnknownConstantError(f"{layer.name} has another size than its value")
        return made
    if kind == "i8":
        return None
    fixed = numbers.fixed(layer)
    return None if fixed is None else fixed.astype(_TYPES[kind]).tobytes()


def _write(stretches: list[_Stretch], path: Path, seed: int) -> int:
    at = 0
    with replacing(path) as stream:
        for stretch in stretches:
            stream.write(bytes(stretch.place.offset - at))
            stream.write(stretch.content(seed))
            at = stretch.place.offset + stretch.place.size_bytes
    return at
