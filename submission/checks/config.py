"""Reads ``mlperf-kit.json``: what the people of a folder or repository ask of every check.

By the schema ``schemas/config.schema.json``. The file is never taken from the tree that is checked:
nobody lifts a rule from their own submission.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.checks.book import INTEGRITY, matching
from submission.checks.model import Waiver
from submission.checks.waivers import waivers_from
from submission.errors import UsageError, did_you_mean
from submission.loadgen.document import Document, read_document
from submission.loadgen.reading import Unreadable
from submission.policy import rounds
from submission.wording import counted

NAME = "mlperf-kit.json"
KEYS = ("$schema", "round", "waivers", "ignore")
FORM = '{"ignore": ["MEA003"], "waivers": []}'


@dataclass(frozen=True, kw_only=True)
class CheckConfig:
    """What a file asks; None and empty: the file does not say."""

    path: Path
    round: str | None = None
    waivers: tuple[Waiver, ...] = ()
    ignore: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The path and what it asks, such as ``mlperf-kit.json: 2 waivers, ignored MEA003``."""
        parts = [f"round {self.round}"] if self.round else []
        parts += [counted(len(self.waivers), "waiver")] if self.waivers else []
        ignored = "ignored " + ", ".join(self.ignore)
        parts += [ignored] if self.ignore else []
        return f"{self.path}: {', '.join(parts) or 'nothing is asked'}"


@dataclass(frozen=True, kw_only=True)
class FoundConfig:
    """The file that counts, if there is one, and a file that does not: it lies in the tree."""

    path: Path | None = None
    passed_over: Path | None = None


def find_config(tree: Path, here: Path) -> FoundConfig:
    """The nearest file: beside the tree or above it, else in ``here`` or above.

    Looked for up to the root of the repository that ``here`` lies in; without one, in ``here``
    alone. A file in the tree itself does not count, wherever ``here`` is.
    """
    root = tree.resolve()
    passed_over = None
    for folder in _places(root, here.resolve()):
        path = folder / NAME
        if not path.is_file():
            continue
        if not path.resolve().is_relative_to(root):
            return FoundConfig(path=path, passed_over=passed_over)
        passed_over = path
    return FoundConfig(passed_over=passed_over)


def _places(root: Path, here: Path) -> Iterator[Path]:
    repository = next((each for each in (here, *here.parents) if (each / ".git").exists()), None)
    if repository is None:
        # what lies beside a tree that was unpacked may have come with it
        yield here
        return
    for start in (root.parent, here):
        if start.is_relative_to(repository):
            above = (start, *start.parents)
            yield from above[: above.index(repository) + 1]


def read_config(path: Path) -> CheckConfig:
    """The content of a file; raises UsageError, which says the place, for anything else."""
    document = read_document(path)
    if isinstance(document, Unreadable):
        raise _refused(str(path), document.why)
    value = document.value
    for key in value:
        if key not in KEYS:
            raise UsageError(
                f"{NAME} has a key that nothing reads",
                detail=f"{_place(path, document, key)}: {key!r}",
                hint=did_you_mean(key, KEYS),
            )
    if document.repeated:
        key = document.repeated[0]
        raise _refused(_place(path, document, key), f"{key!r} stands in it twice")
    return CheckConfig(
        path=path,
        round=_round(_place(path, document, "round"), value.get("round")),
        waivers=waivers_from(_place(path, document, "waivers"), value.get("waivers", [])),
        ignore=_ignored(_place(path, document, "ignore"), value.get("ignore", [])),
    )


def _place(path: Path, document: Document, key: str) -> str:
    line = document.line_of(key)
    return str(path) if line is None else f"{path}:{line}"


def _round(place: str, value: Any) -> str | None:
    if value is None or value in rounds():
        return value  # type: ignore[no-any-return] # None or one of the rounds
    raise UsageError(
        f"{NAME} names a round that is not known",
        detail=f"{place}: {value!r}",
        hint=did_you_mean(str(value), rounds()),
    )


def _ignored(place: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise _refused(place, "ignore must be a list of rule ids or families, as texts")
    for each in value:
        try:
            lifted = matching([each])
        except UsageError as error:
            raise _refused(place, f"{error.what} ({error.detail})") from error
        if lifted & INTEGRITY:
            raise UsageError(
                f"{NAME} cannot ignore {each}",
                detail=f"{place}: {min(lifted & INTEGRITY)} is about the integrity of a log",
                hint="run again: a log that LoadGen did not leave so is no evidence of a run",
            )
    return tuple(value)


def _refused(place: str, why: str) -> UsageError:
    return UsageError(f"{NAME} cannot be used", detail=f"{place}: {why}", hint=f"write {FORM}")
