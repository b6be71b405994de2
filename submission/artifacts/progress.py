"""Progress of this package's work, passed as steps to the caller's callable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Work(StrEnum):
    """What is being done to a file."""

    FETCH = "fetch"
    VERIFY = "verify"
    JOIN = "join"
    SPLIT = "split"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True)
class Step:
    """``done_bytes`` of ``total_bytes`` (None: unknown) of a file; or a note in ``words``.

    ``finished`` is True exactly once for each file.
    """

    work: Work
    name: str
    done_bytes: int = 0
    total_bytes: int | None = None
    words: str = ""
    finished: bool = False


ReportStep = Callable[[Step], None]


def silent(step: Step) -> None:
    del step


def note(report: ReportStep, name: str, words: str) -> None:
    """Report a message for the user."""
    report(Step(work=Work.NOTE, name=name, words=words))
