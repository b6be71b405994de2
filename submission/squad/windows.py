"""Windows over the tokens of a context that is too long for one input.

Source: Devlin et al. 2018, "BERT", its SQuAD example: windows start ``stride`` tokens apart, and
an answer may begin only at a token in the window that sees most around it ("max context").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Window:
    """``size`` tokens of a context, from token ``start`` on."""

    start: int
    size: int

    @property
    def stop(self) -> int:
        """The first token after the window."""
        return self.start + self.size


def windows_of(token_count: int, *, room: int, stride: int) -> list[Window]:
    """The windows over ``token_count`` tokens, none larger than ``room``; none for 0 tokens."""
    found: list[Window] = []
    start = 0
    while start < token_count:
        size = min(token_count - start, room)
        found.append(Window(start=start, size=size))
        if start + size == token_count:
            break
        start += min(size, stride)
    return found


def max_context(windows: Sequence[Window]) -> list[NDArray[np.bool_]]:
    """For each window, bool [size]: whether it has the most context around that token.

    A window's context of a token is the smaller of the token counts to its left and right, plus
    0.01 of the window's size; of equal windows the first wins.
    """
    if len(windows) <= 1:
        return [np.ones(window.size, dtype=np.bool_) for window in windows]
    seen = np.full((len(windows), windows[-1].stop), -1.0)
    for row, window in zip(seen, windows, strict=True):
        left = np.arange(window.size)
        row[window.start : window.stop] = np.minimum(left, left[::-1]) + 0.01 * window.size
    owner = seen.argmax(axis=0)
    return [owner[window.start : window.stop] == n for n, window in enumerate(windows)]
