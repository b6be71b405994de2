"""What becomes of a finished tree whose place another one takes: it is moved aside, and kept."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from submission.container.witnesses import profile_of
from submission.files import dated_name, read_json
from submission.runs.context import Context
from submission.stages.base import submission_names
from submission.terms import Mode
from submission.tree.grammar import RUN_METADATA, Cell, Layout
from submission.tree.signature import signature_file
from submission.workspace.profile import profile_names

_LONGEST_NAME = 150


@dataclass(frozen=True, kw_only=True)
class Held:
    """The results in a tree of the kit, and the profiles that they were measured by."""

    cells: frozenset[Cell] = field(default=frozenset())
    profiles: frozenset[str] = field(default=frozenset())

    @property
    def submitters(self) -> list[str]:
        """Whose results they are."""
        return sorted({cell.submitter for cell in self.cells})

    @property
    def name(self) -> str:
        """A name for the folder of the tree: submitters, systems and profiles."""
        systems = sorted({cell.system for cell in self.cells})
        words = ("+".join(each) for each in (self.submitters, systems, sorted(self.profiles)))
        return "-".join(words)[:_LONGEST_NAME]


def held(tree: Path, layout: Layout) -> Held:
    """What a tree holds, by its run metadata; nothing where none can be read."""
    cells, profiles = set(), set()
    for path in tree.rglob(RUN_METADATA[Mode.PERFORMANCE]):
        cell = layout.cell_of(path.relative_to(tree).as_posix())
        try:
            profile = str(read_json(path)["profile"])
        except (OSError, ValueError, LookupError, TypeError):
            continue
        if cell is not None:
            cells.add(cell)
            profiles.add(profile)
    return Held(cells=frozenset(cells), profiles=frozenset(profiles))


def displaced(context: Context, coming: Held | None = None) -> Held | None:
    """What the finished tree holds that the ``coming`` one will not; None if it holds no more.

    By default the profile's own tree of one system comes.
    """
    names = submission_names(context)
    found = held(context.workspace.tree_folder(), names.layout)
    if coming is None:
        benchmarks = context.profile.benchmarks
        own = frozenset(names.cell(b.model, s) for b in benchmarks for s in b.scenarios)
        coming = Held(cells=own, profiles=frozenset({context.profile.name}))
    if found.cells <= coming.cells and found.profiles <= coming.profiles:
        return None
    return found


def displaced_words(context: Context) -> str:
    """Where the finished tree will go, before another takes its place; empty if it stays."""
    found = displaced(context)
    if found is None:
        return ""
    tree, place = context.workspace.tree_folder(), context.workspace.kept_tree(found.name)
    whose = f"{' and '.join(sorted(found.profiles))} ({' and '.join(found.submitters)})"
    words = f"the tree in {tree} is of {whose}; it moves to {place.parent} before another is made"
    return (
        f"{words}; {_one_submission(context, found, place)}WORKSPACE=… keeps both in their places"
    )


def _one_submission(context: Context, found: Held, place: Path) -> str:
    """How a second model of one submitter comes into one submission with the first."""
    known = profile_names(context.profile.path.parent)
    bases = {profile_of(each, known) for each in found.profiles}
    if bases != {context.profile.base} or found.submitters != [context.workspace.submitter]:
        return ""
    tree = context.workspace.tree_folder()
    return f"`mlperf-kit join {place} {tree} -o DIR` then makes one submission of both; "


def set_aside(context: Context, coming: Held | None = None) -> Path | None:
    """Move the finished tree aside if the next one holds other results; returns its new place.

    Its signature and its archive go with it.
    ``coming`` is as for ``displaced``.
    """
    found = displaced(context, coming)
    if found is None:
        return None
    tree = context.workspace.tree_folder()
    place = context.workspace.kept_tree(found.name)
    if place.parent.exists():
        earlier = held(place, submission_names(context).layout)
        if earlier.cells <= found.cells:
            shutil.rmtree(_moved(place.parent, place.parent.with_name(f"{place.parent.name}.old")))
        else:
            _moved(place.parent, dated_name(place.parent))
    place.parent.mkdir(parents=True)
    for submitter in found.submitters:
        archive = context.workspace.archive_file(submitter)
        for path in (archive, archive.with_name(f"{archive.name}.sha256"), signature_file(archive)):
            if path.is_file():
                path.rename(place.with_name(path.name))
    if (signature := signature_file(tree)).is_file():
        signature.rename(place.with_name(signature.name))
    tree.rename(place)
    return place


def _moved(path: Path, to: Path) -> Path:
    shutil.rmtree(to, ignore_errors=True)
    path.rename(to)
    return to
