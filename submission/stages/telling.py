"""What rooms report, in the words of a pipeline's ``Tell``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from submission.pipeline.stage import Tell

PROGRESS = "PROGRESS "


def line_tell(tell: Tell, log: Path) -> Callable[[str], None]:
    """A receiver of the harness' output: progress moves the bar, everything goes to ``log``."""
    stream = log.open("a", encoding="utf-8")

    def receive(line: str) -> None:
        stream.write(line + "\n")
        stream.flush()
        if line.startswith(PROGRESS):
            fraction, text = progress_words(line.removeprefix(PROGRESS))
            tell.progress(fraction, text)

    return receive


def progress_words(text: str) -> tuple[float | None, str]:
    """Share done and words for one PROGRESS object of the harness; nothing on rubbish."""
    try:
        value = json.loads(text)
        phase, elapsed_s, expected_s = value["phase"], value["elapsed_s"], value["expected_s"]
        answered, total = value["answered"], value["total"]
    except (ValueError, KeyError, TypeError):
        return None, ""
    if not expected_s:
        return None, f"{phase}: {elapsed_s:.0f} s"
    counted = f", {answered} of {total} samples" if total else f", {answered} samples"
    left_s = max(expected_s - elapsed_s, 0.0)
    words = f"{phase}: {elapsed_s:.0f} of about {expected_s:.0f} s{counted}, ends in {left_s:.0f} s"
    return min(elapsed_s / expected_s, 1.0), words
