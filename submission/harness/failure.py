"""The expected failures of a run, each with a kind that the host can act on."""

from __future__ import annotations

from enum import StrEnum

from submission.errors import StageError

LINE_CHARACTERS = 600


class FailureKind(StrEnum):
    """What went wrong, as ``error.json`` names it."""

    SPEC = "spec"
    OUT = "out"
    FEATURES = "features"
    MODEL = "model"
    MEMORY = "memory"
    SETTINGS = "settings"
    LOADGEN = "loadgen"
    INVALID = "invalid"
    ANSWER = "answer"
    OVERLOAD = "overload"
    WATCHDOG = "watchdog"
    WORKER = "worker"
    INTERRUPTED = "interrupted"
    BUG = "bug"


class HarnessError(StageError):
    """The run has no usable result; ``kind`` classifies the reason."""

    def __init__(self, what: str, *, kind: FailureKind, detail: str, hint: str) -> None:
        super().__init__(one_line(what), detail=one_line(detail), hint=one_line(hint))
        self.kind = kind


def one_line(text: str) -> str:
    """``text`` without line breaks, cut to ``LINE_CHARACTERS``."""
    flat = " ".join(text.split())
    return flat if len(flat) <= LINE_CHARACTERS else flat[: LINE_CHARACTERS - 4] + " ..."
