"""What a tree holds, by the grammar: its files, its results, and which systems each file is of.

A file in a folder of a system is of that system. Code and calibration of a benchmark are of the
systems that have results of it. Everything else of a submitter is of all its systems.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from submission.errors import UsageError
from submission.tree.grammar import (
    KIT_MARK,
    NAMEPLATE,
    OF_RESULTS,
    SUMS_FILE,
    Area,
    Cell,
    Layout,
    Located,
)
from submission.tree.round import layout_of
from submission.tree.sums import files_of

# of the checkout that a tree lies in, not of the tree
LEFT_OUT = ".git/"
OF_BENCHMARKS = (Area.CODE, Area.CALIBRATION)


@dataclass(frozen=True, kw_only=True)
class NamedTree:
    """A tree at ``root``; ``name`` is what the user called it."""

    name: str
    root: Path


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The files of a tree, read as one of a round; paths are relative, with slashes, sorted."""

    source: NamedTree
    round: str
    files: tuple[str, ...]

    @property
    def root(self) -> Path:
        return self.source.root

    @property
    def layout(self) -> Layout:
        return layout_of(self.round)

    @property
    def has_sums(self) -> bool:
        """Whether the tree lists its files."""
        return (self.root / SUMS_FILE).is_file()

    @cached_property
    def located(self) -> Mapping[str, Located | None]:
        """What each file belongs to."""
        return {path: self.layout.locate(path) for path in self.files}

    @cached_property
    def cells(self) -> Mapping[Cell, Mapping[Area, frozenset[str]]]:
        """The files of each result, by area."""
        found: dict[Cell, dict[Area, set[str]]] = defaultdict(lambda: defaultdict(set))
        for path, place in self.located.items():
            cell = self.layout.cell_of(path)
            if place is not None and place.area is not None and cell is not None:
                found[cell][place.area].add(path)
        return {
            cell: {area: frozenset(paths) for area, paths in areas.items()}
            for cell, areas in found.items()
            if Area.RESULTS in areas and cell.scenario is not None
        }

    @cached_property
    def benchmarks(self) -> Mapping[str, Mapping[str, frozenset[str]]]:
        """Submitter's folder -> benchmark with results -> the systems that have them."""
        found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for cell in self.cells:
            found[cell.owner][cell.benchmark].add(cell.system)
        return {
            owner: {name: frozenset(systems) for name, systems in each.items()}
            for owner, each in found.items()
        }

    def systems(self, owner: str | None = None) -> frozenset[str]:
        """The systems with results: of a submitter, or of the whole tree."""
        return self._systems.get(owner, frozenset())

    @cached_property
    def _systems(self) -> Mapping[str | None, frozenset[str]]:
        found: dict[str | None, set[str]] = defaultdict(set)
        for cell in self.cells:
            found[cell.owner].add(cell.system)
            found[None].add(cell.system)
        return {owner: frozenset(systems) for owner, systems in found.items()}

    @cached_property
    def names(self) -> frozenset[str]:
        """The paths of all files and of all folders that hold one."""
        return frozenset({*self.files, *(each for path in self.files for each in above(path))})

    @property
    def submitters(self) -> frozenset[str]:
        """The submitters with results."""
        return frozenset(cell.submitter for cell in self.cells)

    @cached_property
    def kit_folders(self) -> frozenset[str]:
        """The code folders that carry the sources of the kit."""
        return frozenset(
            path.removesuffix(f"/{KIT_MARK}")
            for path, place in self.located.items()
            if place is not None
            and place.area is Area.CODE
            and "/".join(place.below) == KIT_MARK
            and len(place.names) == self.layout.depth(Area.CODE)
        )

    def systems_of(self, path: str) -> frozenset[str]:
        """The systems that a file is of; never empty."""
        place = self.located[path]
        if place is None:
            return self.systems()
        every = self.systems(place.owner) or self.systems()
        named: Iterable[str] = ()
        if place.area is Area.SYSTEMS:
            named = described_by(place)
        elif place.area in OF_RESULTS:
            named = place.names[:1]
        elif place.area in OF_BENCHMARKS and place.names:
            named = self.benchmarks.get(place.owner, {}).get(place.names[0], ())
            named = {*named, *self._without_kit(place)}
        return frozenset(named) & every or every

    def _without_kit(self, place: Located) -> frozenset[str]:
        """The systems that need the kit in this folder: no code of their benchmarks carries it."""
        folder = self.layout.path(Area.CODE, place.owner, *place.names)
        if place.area is not Area.CODE or folder not in self.kit_folders:
            return frozenset()
        return self._kitless[place.owner]

    @cached_property
    def _kitless(self) -> Mapping[str, frozenset[str]]:
        found = {}
        for owner, benchmarks in self.benchmarks.items():
            served: set[str] = set()
            for name, systems in benchmarks.items():
                code = self.layout.path(Area.CODE, owner, name)
                if any(folder.startswith(f"{code}/") for folder in self.kit_folders):
                    served |= systems
            found[owner] = self.systems(owner) - served
        return defaultdict(frozenset, found)


def described_by(place: Located) -> tuple[str, ...]:
    """The system that a file describes: its description or its nameplate power; empty for none."""
    if place.area is not Area.SYSTEMS or len(place.below) > 1:
        return ()
    plates = (name.removesuffix(NAMEPLATE) for name in place.below if name.endswith(NAMEPLATE))
    return place.names or tuple(plates)


def above(path: str) -> Iterator[str]:
    """The folders that a path lies in, from the root down."""
    steps = path.split("/")
    return ("/".join(steps[:count]) for count in range(1, len(steps)))


def contents(source: NamedTree, name: str) -> Contents:
    """The files of a tree, read as one of round ``name``.

    Raises UsageError if it has no results, StageError for links in it.
    """
    files = (path for path in files_of(source.root) if not path.startswith(LEFT_OUT))
    found = Contents(source=source, round=name, files=tuple(files))
    if not found.cells:
        raise UsageError(
            f"there are no results in {source.name}",
            detail=f"no {found.layout.form(Area.RESULTS)}",
            hint="name the root of a tree, the folder that contains open, closed or network",
        )
    return found
