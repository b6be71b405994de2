"""What to say of a word that is not known; apart from schema.py, so that it costs no import."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean "x"?`` for the nearest known word, else the list of known words."""
    choices = sorted(known)
    near = difflib.get_close_matches(word, choices, n=1)
    return f'did you mean "{near[0]}"?' if near else "known: " + ", ".join(choices)
