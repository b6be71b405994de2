"""Forms of a metric that a person reads in accuracy.txt and the official checker does not.

Where no line has a metric in the form of its script, the lines are read again: behind a byte order
mark, behind what a logger writes before a line, and as a name and a number.
"""

from __future__ import annotations

import re

BYTE_ORDER_MARK = "\ufeff"
PREFIX_CHARACTERS = 60
# What scripts and people call a metric, where it is not its own name
_WORDS = {"acc": "accuracy", "DICE": "mean", "WER": "accuracy"}
_NUMBER = r"(\d+(?:\.\d+)?)(?![\w.]*\d)"


def read_loosely(line: str, metric: str, pattern: str) -> tuple[str, str] | None:
    """The metric's text in a line, and what is wrong with its form; None where there is none.

    ``pattern`` is the metric's own, with one group for the value.
    """
    plain = line.removeprefix(BYTE_ORDER_MARK)
    if match := re.match(pattern, plain):
        return match[1], "a byte order mark before it"
    if match := re.search(rf"(?<![a-zA-Z_])(?:{pattern.removeprefix('^')})", plain):
        return match[1], f"{plain[: match.start()][:PREFIX_CHARACTERS]!r} before it"
    name = re.escape(_WORDS.get(metric, metric))
    loose = rf"(?<![a-z]){name}(?:\s*\(?%\)?)?[\"']?\s*(?:[:=]|\bis\b)\s*[\"']?{_NUMBER}"
    if match := re.search(loose, plain, re.IGNORECASE):
        return match[1], "not in the form of the script"
    return None
