"""Joins trees of one submitter and round: every file of every tree, once.

A union is commutative and idempotent, so the order in which labs send their trees does not matter,
and a tree that was joined already does no harm. Files that several systems share are merged
(``tree.shared``), SHA256SUMS is made again, and every other file that two trees have must be the
same in both. Nothing is written where it is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from filecmp import cmp
from pathlib import Path

from submission.container.context import fingerprint
from submission.errors import StageError, UsageError
from submission.files import may_run
from submission.terms import Say
from submission.tree.build import build_tree
from submission.tree.contents import Contents, NamedTree, above, contents, described_by
from submission.tree.grammar import SUMS_FILE
from submission.tree.order import Content, Placement
from submission.tree.recognised import chosen_round, recognise
from submission.tree.round import round_of
from submission.tree.shared import (
    Head,
    is_mapping,
    is_shared_readme,
    merged_mapping,
    merged_readme,
)
from submission.tree.sums import files_of, sums_differences
from submission.wording import counted

# what a person may have edited
TEXT = ".md"
CANNOT = "the trees cannot be joined"


@dataclass(frozen=True, kw_only=True)
class Joined:
    """What a joined tree holds."""

    round: str
    systems: tuple[str, ...]
    results: int
    files: int


def join_trees(
    sources: Sequence[NamedTree],
    out: Path,
    *,
    version: str | None = None,
    several_submitters: bool = False,
    warn: Say,
) -> Joined:
    """Write the union of the trees to the folder ``out``.

    Raises UsageError, which names both trees, if they are of different rounds or submitters
    (unless ``several_submitters``), describe one system in two ways, have one result twice, or
    differ in a file that cannot be merged; if one has no results; if ``out`` is in use.
    """
    refuse_place(out, sources)
    trees = [read_source(source, version, warn) for source in sources]
    _refuse_rounds(trees, asked=version)
    if not several_submitters:
        _refuse_submitters(trees)
    _refuse_results(trees)
    _refuse_kits(trees)
    placements = list(_placements(trees))
    _refuse_names(trees, placements)
    sums_name = SUMS_FILE if any(tree.has_sums for tree in trees) else None
    write_union(placements, out, sums_name)
    cells = {cell for tree in trees for cell in tree.cells}
    return Joined(
        round=trees[0].round,
        systems=tuple(sorted({cell.system for cell in cells})),
        results=len(cells),
        files=len(placements),
    )


def refuse_place(out: Path, sources: Sequence[NamedTree]) -> None:
    """UsageError if ``out`` holds something or lies in one of the trees."""
    place = out.resolve()
    for source in sources:
        root = source.root.resolve()
        if place.is_relative_to(root) or root.is_relative_to(place):
            raise UsageError(
                f"{out} cannot be written",
                detail=f"it lies in the tree {source.name}, or the tree in it",
                hint="name a new folder elsewhere",
            )
    if out.is_symlink() or (out.exists() and not out.is_dir()) or _holds_something(out):
        raise UsageError(
            f"{out} cannot be written",
            detail="there is something at this place, and nothing is overwritten",
            hint="name a new or an empty folder",
        )


def _holds_something(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def write_union(placements: Sequence[Placement], out: Path, sums_name: str | None) -> None:
    """Write the files beside ``out``, compare them with what was to be written, and rename."""

    def compare(part: Path) -> None:
        expected = {placement.target for placement in placements}
        found = set(files_of(part))
        differences = sorted(expected ^ found)
        if sums_name is not None:
            differences += [each.path for each in sums_differences(part)]
        if differences:
            raise StageError(
                f"{out} was not written as it should be",
                detail=f"{counted(len(differences), 'file')} differ, the first is {differences[0]}",
                hint="see the space on its disk, and run it again",
            )

    build_tree(placements, out, sums_name=sums_name, any_names=True, verify=compare)


def read_source(source: NamedTree, version: str | None, warn: Say) -> Contents:
    """The files of a tree, compared with its SHA256SUMS if it has them.

    Texts that were edited since are named through ``warn``. Raises UsageError if another file is
    missing or changed: new sums would hide that, or if the tree has no results.
    """
    found = contents(source, chosen_round(source.root, version, warn))
    for each in sums_differences(source.root) if found.has_sums else ():
        if not each.path.endswith(TEXT) or each.kind == "missing":
            raise UsageError(
                f"{source.name} is not as its {SUMS_FILE} says",
                detail=f"{each.path} is {each.kind}",
                hint="copy the tree again; if the change is wanted, remake its sums first",
            )
        warn(f"{source.name}: {each.path} is {each.kind} since {SUMS_FILE} was written; taken over")
    return found


def _refuse_rounds(trees: Sequence[Contents], *, asked: str | None) -> None:
    """Two rounds that the trees name, or that they are recognised to be of."""
    found: dict[str, str] = {}
    for tree in trees:
        stated = round_of(tree.root) if asked else tree.round
        if stated is not None:
            found.setdefault(stated, tree.source.name)
    if len(found) > 1:
        reasons = {recognise(tree.root).reason for tree in trees} if asked is None else set()
        why = f" ({'; '.join(sorted(reasons - {''}))})" if reasons - {""} else ""
        raise UsageError(
            f"{CANNOT}: they are of different rounds",
            detail=", ".join(f"{name} is of {each}" for each, name in sorted(found.items())) + why,
            hint="join trees of one round; --version gives that of trees that do not name theirs",
        )


def _refuse_submitters(trees: Sequence[Contents]) -> None:
    first = trees[0]
    for tree in trees[1:]:
        if tree.submitters != first.submitters:
            raise UsageError(
                f"{CANNOT}: they are of different submitters",
                detail=f"{_submitters(first)}, {_submitters(tree)}",
                hint="if that is wanted, give --several-submitters",
            )


def _submitters(tree: Contents) -> str:
    return f"{tree.source.name} is of {' and '.join(sorted(tree.submitters))}"


def _refuse_results(trees: Sequence[Contents]) -> None:
    """One result in two trees: both must have the same files of it."""
    for number, tree in enumerate(trees):
        for other in trees[number + 1 :]:
            for cell in sorted(tree.cells.keys() & other.cells.keys()):
                areas, others = tree.cells[cell], other.cells[cell]
                for area in sorted(areas.keys() & others.keys()):
                    lacking = sorted(areas[area] ^ others[area])
                    differing = lacking or _differing(areas[area], tree, other)
                    if differing:
                        raise _twice(tree, other, str(cell), cell.system, differing)


def _differing(paths: frozenset[str], tree: Contents, other: Contents) -> list[str]:
    return [path for path in sorted(paths) if not _same(tree.root / path, other.root / path)]


def _twice(
    tree: Contents, other: Contents, cell: str, system: str, paths: Sequence[str]
) -> UsageError:
    return UsageError(
        f"{CANNOT}: both have the result {cell} of {system}, and not the same one",
        detail=f"{tree.source.name} and {other.source.name} differ in "
        f"{counted(len(paths), 'file')}, the first is {paths[0]}",
        hint="leave one of the two out (split takes a system out of a tree), or give one of the "
        "systems another system_desc_id",
    )


def _refuse_kits(trees: Sequence[Contents]) -> None:
    """The sources of two versions of the kit in one folder would be those of neither."""
    first: dict[str, Contents] = {}
    for tree in trees:
        for folder in sorted(tree.kit_folders):
            other = first.setdefault(folder, tree)
            if other is not tree and fingerprint(tree.root / folder) != fingerprint(
                other.root / folder
            ):
                raise UsageError(
                    f"{CANNOT}: they carry different versions of the kit",
                    detail=f"{folder} in {other.source.name} and in {tree.source.name}",
                    hint="measure both systems with one version of the kit",
                )


def head_of(trees: Sequence[Contents]) -> Head:
    """What writes the heads of READMEs about several systems, from the results of the trees."""

    def head(path: str, systems: frozenset[str]) -> str:
        # needs jinja2 and jsonschema, which the union of trees of another kit does not
        from submission.tree.joined_head import joined_head  # noqa: PLC0415

        return joined_head(trees, path, systems)

    return head


def _placements(trees: Sequence[Contents]) -> Iterator[Placement]:
    holders: dict[str, list[Contents]] = defaultdict(list)
    for tree in trees:
        for path in tree.files:
            holders[path].append(tree)
    for path, having in sorted(holders.items()):
        yield Placement(target=path, source=_content(path, having, head_of(trees)))


def _content(path: str, having: Sequence[Contents], head: Head) -> Content:
    first, *others = having
    different = next((t for t in others if not _same(first.root / path, t.root / path)), None)
    if different is None:
        # an archive may have lost that a script is one
        runs = [t.root / path for t in having if _may_run(t.root / path)]
        return runs[0] if runs else first.root / path
    merged = None
    if is_mapping(path, first):
        merged = merged_mapping(tree.root / path for tree in having)
    elif is_shared_readme(path, first):
        merged = merged_readme(path, having, head)
    if merged is None:
        raise _conflict(path, first, different)
    return merged


def _conflict(path: str, tree: Contents, other: Contents) -> UsageError:
    place = tree.located[path]
    names = f"{path} in {tree.source.name} and in {other.source.name}"
    if place is not None and (described := described_by(place)):
        return UsageError(
            f"{CANNOT}: the system {described[0]} is described in two ways",
            detail=names,
            hint="give one of two different systems another system_desc_id",
        )
    if is_mapping(path, tree):
        return UsageError(
            f"{CANNOT}: a model is mapped to two benchmarks",
            detail=names,
            hint="make both files say the same of the models that they share",
        )
    return UsageError(
        f"{CANNOT}: one file has two contents",
        detail=names,
        hint="make them equal, or rename one of them in its tree",
    )


def _refuse_names(trees: Sequence[Contents], placements: Sequence[Placement]) -> None:
    """A file where another tree has a folder, and names that differ in upper and lower case only.

    Only what joining brings about: what one tree has by itself is for ``check`` to judge.
    """
    files = {placement.target for placement in placements}
    folders = {folder for path in files for folder in above(path)}
    spelled: dict[str, str] = {}
    for path in sorted(files | folders):
        other = spelled.setdefault(path.casefold(), path)
        if path in files and path in folders:
            one = next(tree for tree in trees if path in tree.files)
            two = next(tree for tree in trees if path in tree.names and path not in tree.files)
            why = "a file of one is a folder of the other"
        elif other != path and not any({path, other} <= tree.names for tree in trees):
            one, two = (next(t for t in trees if name in t.names) for name in (path, other))
            why = "two names differ in case only"
        else:
            continue
        raise UsageError(
            f"{CANNOT}: {why}",
            detail=f"{path} in {one.source.name}, {other} in {two.source.name}",
            hint="rename one of them in its tree",
        )


def _same(one: Path, other: Path) -> bool:
    return cmp(one, other, shallow=False)


def _may_run(path: Path) -> bool:
    return may_run(path.stat().st_mode)
