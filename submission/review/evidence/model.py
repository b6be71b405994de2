"""The types of the list of evidence: a statement, what must agree with it, one comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

from submission.artifacts.manifest import Manifest, load_manifest
from submission.errors import KitError
from submission.ir.inspect import Inspection, inspect
from submission.review.built import Built
from submission.review.data import Questions, load_questions
from submission.terms import Mode
from submission.tree.finished import ClaimedCell, FinishedTree

# what reading a tree raises whose files have another form than the kit writes
MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError, OSError)


SHOWN_CHARACTERS = 200


class Statement(NamedTuple):
    """One thing that two places say: where it stands, what it is, and what each of them says."""

    path: str
    what: str
    found: object
    expected: object

    @property
    def equal(self) -> bool:
        return self.found == self.expected


@dataclass(frozen=True, kw_only=True)
class Examined:
    """A tree, and the image that runs here; ``image`` is None outside of one."""

    tree: FinishedTree
    image: Built | None
    _read: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def manifest(self, folder: Path) -> Manifest:
        """The manifest in a folder, read once; raises what ``load_manifest`` raises."""
        return cast("Manifest", self._once(("manifest", folder), partial(load_manifest, folder)))

    def inspected(self, xml: Path) -> Inspection:
        """The IR's graph, read once; raises what ``inspect`` raises."""
        return cast("Inspection", self._once(("graph", xml), partial(inspect, xml)))

    def questions(self, cell: ClaimedCell) -> Questions | None:
        """The questions of a result's data set, read once; None if the tree does not carry them."""
        data = repr(cell.metadata(Mode.ACCURACY)["dataset"])
        return cast("Questions | None", self._once(("data", data), partial(_carried, cell)))

    def _once(self, key: object, read: Callable[[], object]) -> object:
        if key not in self._read:
            self._read[key] = read()
        return self._read[key]

    def wrote(self, mark: str) -> bool:
        """Whether the kit that made the tree has a source file ``mark``, and so what it writes.

        The kit of an image does: sources of another one differ from it anyway.
        """
        carried = (folder / mark for folder in self.tree.kit_folders())
        return self.image is not None or any(path.is_file() for path in carried)


def _carried(cell: ClaimedCell) -> Questions | None:
    try:
        return load_questions(cell, ())
    except KitError:
        return None


class Needs(StrEnum):
    """What a comparison needs beside the tree."""

    TREE = "the tree alone"
    IMAGE = "the image"


Compare = Callable[[Examined], Iterable[Statement]]
WhyNone = Callable[[Examined], str | None]


def never_empty(_subject: Examined) -> str | None:
    """For what every tree of the kit has."""
    return None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One line of the list.

    ``statement`` is what the tree says, ``against`` what must agree with it. ``compare`` yields
    every pair, equal or not. ``none`` returns why a tree rightly has nothing to compare.
    """

    kind: str
    statement: str
    against: str
    compare: Compare
    needs: Needs = Needs.TREE
    none: WhyNone = never_empty


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that differs; ``kind`` is the comparison that found it."""

    kind: str
    path: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.path}: found {self.found}, expected {self.expected}"


@dataclass(frozen=True, kw_only=True)
class Verified:
    """The outcome of one comparison: how much was compared, and what differs.

    ``left_out`` says why nothing was compared, where that is no difference.
    """

    kind: str
    what: str
    count: int
    differences: tuple[Difference, ...] = ()
    left_out: str = ""

    def __str__(self) -> str:
        if self.left_out:
            return f"{self.kind:<12}  skipped: {self.left_out}"
        differing = len(self.differences)
        verdict = f"{differing} differ" if differing else "all equal"
        return f"{self.kind:<12}  {self.count} compared ({self.what}): {verdict}"


def examine(evidence: Evidence, subject: Examined) -> Verified:
    """Compare; nothing to compare is a difference unless the tree says that it has none."""
    what = f"{evidence.statement} with {evidence.against}"
    if evidence.needs is Needs.IMAGE and subject.image is None:
        why = "not running in an image, so there is nothing to compare with"
        return Verified(kind=evidence.kind, what=what, count=0, left_out=why)
    count = 0
    found: list[Difference] = []
    try:
        for pair in evidence.compare(subject):
            count += 1
            found += _difference(evidence.kind, pair)
    except KitError as error:
        count += 1
        found.append(
            Difference(kind=evidence.kind, path=error.what, found=error.detail, expected=error.hint)
        )
    except MALFORMED as error:
        count += 1
        found.append(
            Difference(
                kind=evidence.kind,
                path="the tree",
                found=f"malformed content ({type(error).__name__}: {error})",
                expected=evidence.against,
            )
        )
    if count:
        return Verified(kind=evidence.kind, what=what, count=count, differences=tuple(found))
    why_none = evidence.none(subject)
    if why_none:
        return Verified(kind=evidence.kind, what=what, count=0, left_out=why_none)
    nothing = Difference(
        kind=evidence.kind,
        path="the tree",
        found=f"nothing to compare: no {evidence.statement}",
        expected=evidence.against,
    )
    return Verified(kind=evidence.kind, what=what, count=0, differences=(nothing,))


def _difference(kind: str, pair: Statement) -> Iterator[Difference]:
    if not pair.equal:
        name = f"{pair.what} " if pair.what else ""
        yield Difference(
            kind=kind,
            path=pair.path,
            found=f"{name}{_shown(pair.found)}",
            expected=_shown(pair.expected),
        )


def _shown(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """A false statement that no comparison of files can find: why, and what else helps."""

    what: str
    why: str
    helps: str
