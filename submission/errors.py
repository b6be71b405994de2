"""The errors that a user may see, with the exit code of each kind.

An expected error has three lines: *what* went wrong, *detail* (the values that were found),
and *hint* (what to do about it). A traceback instead of one of these is a bug.

Exit codes are unique to a kind and never change their meaning:
0 success, 1 findings, 2 settings or usage, 3 a stage failed, 4 no usable container engine,
130 interrupted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class KitError(Exception):
    """An expected error: ``what``, ``detail`` and ``hint`` are one line each, never empty."""

    exit_code: ClassVar[int] = 3

    def __init__(self, what: str, *, detail: str, hint: str) -> None:
        super().__init__(what)
        self.what = _one_line(what)
        self.detail = _one_line(detail)
        self.hint = _one_line(hint)

    def __str__(self) -> str:
        """The three lines that a user sees."""
        return f"{self.what}\n  detail: {self.detail}\n  hint:   {self.hint}"


def _one_line(text: str) -> str:
    """The text with line breaks and terminal control characters escaped."""
    return text if text.isprintable() else text.translate(_ESCAPES)


_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | {10: "\\n"}

# three lines of a terminal
_WORDS = 300
# how much of an unknown word is compared with the known ones
_COMPARED = 100


def words_of(error: BaseException) -> str:
    """The message of another library's error in one short line; its class name if it is empty.

    Some messages fill a screen; OpenVINO's give a source location first and then the cause.
    """
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= _WORDS else words[: _WORDS - 3] + "..."


class UsageError(KitError):
    """The command line or a settings file asks for something that does not exist."""

    exit_code = 2


class StageError(KitError):
    """A stage failed; its earlier outputs are unchanged."""

    exit_code = 3


class ModelError(StageError):
    """The kit cannot run this model."""


class EngineError(KitError):
    """There is no usable container engine."""

    exit_code = 4


class UserStopError(KitError):
    """The user stopped the work."""

    exit_code = 130


class FindingsError(KitError):
    """The rules reject something; the findings were already reported."""

    exit_code = 1


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known word that ``word`` was probably meant to be, ignoring case; None if none is near.

    ``cutoff`` is the least similarity, from 0 to 1. Only the start of a long word is compared.
    """
    folded = {each.casefold(): each for each in sorted(known, reverse=True)}
    typed = word[:_COMPARED].casefold()
    for at in range(len(typed) - 1):  # two letters that changed places: the likeliest slip
        swapped = f"{typed[:at]}{typed[at + 1]}{typed[at]}{typed[at + 2 :]}"
        if typed not in folded and swapped in folded:
            return folded[swapped]
    # imported here: the checker's start-up does not need it
    import difflib  # noqa: PLC0415

    near = difflib.get_close_matches(typed, folded, n=1, cutoff=cutoff)
    return folded[near[0]] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The hint for an unknown word: ``did you mean "x"?`` for the nearest one, else all of them."""
    choices = sorted(known)
    near = nearest(word, choices)
    return f'did you mean "{near}"?' if near else "known: " + ", ".join(choices)
