"""The round that a tree names itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from submission.errors import UsageError
from submission.loadgen.document import Document, read_document
from submission.policy import load_policy
from submission.terms import Division
from submission.tree.grammar import LAYOUTS, RUN_METADATA, Area, Layout, submitter_folder
from submission.tree.listing import Listing

# the kit says the round in every folder of measurements, so a few of a tree are enough
MOST_SUBMITTERS = 200
MOST_SYSTEMS = 200
MOST_BENCHMARKS = 20
ROUND = re.compile(r"v\d{1,3}\.\d{1,3}")


def layout_of(name: str) -> Layout:
    """Where things lie in a tree of the round; raises UsageError for an unknown round."""
    return LAYOUTS[load_policy(name).layout]


def round_of(root: Path, listing: Listing | None = None) -> str | None:
    """The round that the tree's run metadata names; None where no metadata names one.

    Looks at one folder of measurements of each system, of 200 at most, and follows no link.
    Raises UsageError if two of them name different rounds.
    """
    listing = listing or Listing(root)
    found: dict[str, str] = {}
    for path in _metadata(listing):
        document = read_document(listing.place(path))
        stated = document.value.get("round") if isinstance(document, Document) else None
        if isinstance(stated, str) and ROUND.fullmatch(stated):
            found.setdefault(stated, path)
    if len(found) > 1:
        raise UsageError(
            "the tree names more than one round",
            detail="; ".join(f"{name} in {path}" for name, path in sorted(found.items())),
            hint="give the round as --version",
        )
    return next(iter(found), None)


def _metadata(listing: Listing) -> Iterator[str]:
    """The run metadata of the first result of each system."""
    for layout in LAYOUTS.values():
        for owner, system in islice(_systems(listing, layout), MOST_SYSTEMS):
            folder = _first_measurements(listing, layout, owner, system)
            files = listing.files(folder) if folder else {}
            yield from (f"{folder}/{name}" for name in RUN_METADATA.values() if name in files)


def _systems(listing: Listing, layout: Layout) -> Iterator[tuple[str, str]]:
    """(submitter's folder, system) of every system that has measurements."""
    owners = (submitter_folder(d, name) for d in Division for name in listing.children(d))
    for owner in islice(owners, MOST_SUBMITTERS):
        for system in listing.children(layout.path(Area.MEASUREMENTS, owner)):
            yield owner, system


def _first_measurements(listing: Listing, layout: Layout, owner: str, system: str) -> str | None:
    area = Area.MEASUREMENTS
    for benchmark in listing.children(layout.path(area, owner, system))[:MOST_BENCHMARKS]:
        for scenario in listing.children(layout.path(area, owner, system, benchmark)):
            return layout.path(area, owner, system, benchmark, scenario)
    return None
