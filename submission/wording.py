"""Counts, lists and code in one line, as every message words them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

BACKTICKS = re.compile(r"`+")


def counted(count: int, noun: str) -> str:
    """``1 result``, ``2 results``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def first_of(items: Sequence[object], most: int, *, separator: str = ", ") -> str:
    """The first ``most`` items in one line, and how many more there are."""
    rest = len(items) - most
    shown = separator.join(str(item) for item in items[:most])
    if rest <= 0:
        return shown
    # "a; b; and 2 more", but "a, b and 2 more"
    return f"{shown}{separator.rstrip(', ')} and {rest} more"


def listed_words(words: Sequence[str]) -> str:
    """``F1``, ``F1 and share``, ``F1, share and sparsity``."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def first_upper(text: str) -> str:
    """``text`` as a sentence begins; the rest keeps its case."""
    return f"{text[:1].upper()}{text[1:]}"


def code_span(text: str) -> str:
    """``text`` in one line as Markdown's inline code: nothing in it is markup or a mention."""
    line = " ".join(text.split())
    fence = "`" * (max((len(run) for run in BACKTICKS.findall(line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def significant(value: float, digits: int = 4) -> str:
    """``244.0``, ``1370``, ``0.01235``: that many significant digits, never as a power of ten."""
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = max(digits - 1 - math.floor(math.log10(abs(rounded))), 0)
    return f"{rounded:.{decimals}f}"
