"""The layouts in which a harness may write the logits of a sample into LoadGen's accuracy log.

The reference implementation and this kit write float32 pairs (start logit, end logit), one for
each token. Others transpose them, name the end first, or write half precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

LOGITS_A_TOKEN = 2


@dataclass(frozen=True, kw_only=True)
class AnswerLayout:
    """``by_token``: [tokens, 2], else [2, tokens]; ``half``: float16 in place of float32."""

    by_token: bool = True
    end_first: bool = False
    half: bool = False

    @property
    def name(self) -> str:
        """As ``--layout`` writes it."""
        first, second = ("end", "start") if self.end_first else ("start", "end")
        order = f"{first}-{second}" if self.by_token else f"{first}s-{second}s"
        return f"{order}-f16" if self.half else order

    @property
    def token_bytes(self) -> int:
        """Size of both logits of a token."""
        return LOGITS_A_TOKEN * self._type.itemsize

    def values(self, content: bytes) -> NDArray[np.float32]:
        """Start and end logits [tokens, 2] of an answer of whole tokens."""
        numbers = np.frombuffer(content, dtype=self._type).astype(np.float32)
        both = numbers.reshape(-1, 2) if self.by_token else numbers.reshape(2, -1).T
        return both[:, ::-1] if self.end_first else both

    def fits(self, size_bytes: int, least: int, most: int) -> bool:
        """Whether an answer of that size holds ``least`` to ``most`` tokens."""
        tokens, rest = divmod(size_bytes, self.token_bytes)
        return not rest and least <= tokens <= most

    @property
    def _type(self) -> np.dtype[np.floating[Any]]:
        return np.dtype("<f2" if self.half else "<f4")


#: every layout by its name; the first is the reference implementation's
LAYOUTS = {
    layout.name: layout
    for layout in (
        AnswerLayout(half=half, by_token=by_token, end_first=end_first)
        for half, by_token, end_first in product((False, True), (True, False), (False, True))
    )
}
