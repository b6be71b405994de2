"""Turns the harness' PROGRESS lines into text for the user."""

from __future__ import annotations

import json

PROGRESS = "PROGRESS "


def progress_words(line: str) -> tuple[float | None, str] | None:
    """Share done and text of a PROGRESS line; empty text if malformed, None for other lines."""
    if not line.startswith(PROGRESS):
        return None
    try:
        value = json.loads(line.removeprefix(PROGRESS))
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
