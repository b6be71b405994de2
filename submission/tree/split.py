"""Splits a tree by system: the inverse of ``tree.join``.

Each tree gets what is of its system and what is of all systems, so that the trees joined are the
tree again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from submission.errors import UsageError, did_you_mean
from submission.files import replacing_folder
from submission.terms import Say
from submission.tree.contents import Contents, NamedTree
from submission.tree.grammar import SUMS_FILE
from submission.tree.join import head_of, read_source, refuse_place, write_union
from submission.tree.order import Content, Placement
from submission.tree.shared import (
    Head,
    is_mapping,
    is_shared_readme,
    restricted_mapping,
    restricted_readme,
)
from submission.wording import counted


def split_tree(
    source: NamedTree,
    out: Path,
    *,
    systems: Sequence[str] = (),
    version: str | None = None,
    warn: Say,
) -> dict[str, int]:
    """Write ``out/<system>``, a tree, for each system with results, or for each of ``systems``.

    Returns the number of files by system. Raises UsageError for a system that has no results in
    the tree, for a tree without results, and if ``out`` is in use.
    """
    refuse_place(out, [source])
    tree = read_source(source, version, warn)
    known = tree.systems()
    for system in systems:
        if system not in known:
            raise UsageError(
                f"{source.name} has no results of the system {system!r}",
                detail=f"{counted(len(known), 'system')} with results",
                hint=did_you_mean(system, known),
            )

    head = head_of([tree])
    counts = {}
    with replacing_folder(out) as part:
        for system in sorted(set(systems) or known):
            placements = _placements(tree, system, head)
            write_union(placements, part / system, SUMS_FILE if tree.has_sums else None)
            counts[system] = len(placements)
    return counts


def _placements(tree: Contents, system: str, head: Head) -> list[Placement]:
    return [
        Placement(target=path, source=_content(tree, path, system, head))
        for path in tree.files
        if system in tree.systems_of(path)
    ]


def _content(tree: Contents, path: str, system: str, head: Head) -> Content:
    if is_mapping(path, tree):
        return restricted_mapping(path, tree, system)
    if is_shared_readme(path, tree):
        return restricted_readme(path, tree, system, head)
    return tree.root / path
