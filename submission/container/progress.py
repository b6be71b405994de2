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
    rate = answered / elapsed_s if elapsed_s else 0.0
    counts = [f"{phase} {answered}/{total}" if total else f"{phase} {answered}"]
    counts += [f"{rate:.3g}/s"] if answered else []
    # an expectation that passed before the first answer says nothing: the harness' first line
    if not expected_s or (not answered and elapsed_s >= expected_s):
        return None, ", ".join(counts)
    left_s = max(expected_s - elapsed_s, 0.0)
    return min(elapsed_s / expected_s, 1.0), ", ".join([*counts, f"{left_s:.0f} s left"])
