"""The answers in a truncated accuracy log.

A tree has the first and last bytes of the log: one or two answers. Running these samples alone
shows in seconds whether the model still gives the same answers; F1 needs all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

ENTRY = re.compile(rb'"qsl_idx"\s*:\s*(\d{1,9})\s*,\s*"data"\s*:\s*"([0-9A-Fa-f]*)')
# one token's two logits
LEAST_DIGITS = 16


def logged_answers(content: bytes) -> dict[int, str]:
    """Sample index to the hex digits of its answer, as far as the log has them."""
    found = {int(index): data.decode().upper() for index, data in ENTRY.findall(content)}
    return {index: data for index, data in found.items() if len(data) >= LEAST_DIGITS}


def differing(claimed: Mapping[int, str], seen: Mapping[int, str]) -> list[int]:
    """The samples whose answer does not begin with the digits in the claimed log."""
    return [index for index, data in claimed.items() if not seen.get(index, "").startswith(data)]
