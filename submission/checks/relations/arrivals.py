"""When Server's queries arrive: the sums of exponential gaps that the rounds' seeds give.

LoadGen draws each gap from ``std::exponential_distribution`` and ``std::mt19937``: of the seed's
low 32 bits the generator is made, two draws are one uniform number u of 64 bits, and a gap is
-log(1 - u) over the rate. So a seed has one schedule, which the rate stretches. The tables hold the
sums at counts that grow by a thousandth; ``python -m tests.fakes.arrivals SEED`` makes them.
"""

from __future__ import annotations

import base64
import json
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

from submission.files import packaged

FOLDER = packaged(Path(__file__).parents[2] / "policy" / "arrivals")
FIRST_COUNT = 400
GROWTH = 1000
"""From one count of a table to the next it grows by a part of this many."""

UNITS = 16
"""Sums are kept in this part of the mean gap."""


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """Sums of gaps of one seed, in mean gaps, at some counts.

    Between two of them a sum is off the straight line by at most ``slack`` times the root of how
    many gaps lie between them; that was measured over all of them.
    """

    counts: array[int]
    off: Sequence[int]
    slack: float

    def _sum(self, place: int) -> float:
        """The sum at the count of a place; what it is off that count is kept in units."""
        return self.counts[place] + self.off[place] / UNITS

    def between(self, count: int) -> tuple[float, float] | None:
        """Least and greatest sum of ``count`` gaps; None where the table does not reach."""
        place = bisect_right(self.counts, count)
        if not 0 < place < len(self.counts):
            return None
        low, high = self.counts[place - 1], self.counts[place]
        share = (count - low) / (high - low)
        middle = self._sum(place - 1) * (1 - share) + self._sum(place) * share
        off = self.slack * (high - low) ** 0.5 + 1 / UNITS
        return middle - off, middle + off


def arrivals(seed: int, count: int) -> tuple[float, float] | None:
    """Between which numbers of mean gaps the last of ``count`` gaps of a seed ends.

    None for a seed of no round, and for a count that is outside of its table.
    """
    table = _table(seed)
    return None if table is None else table.between(count)


@lru_cache(maxsize=16)
def _table(seed: int) -> Arrivals | None:
    path = FOLDER / f"{seed}.json"
    if not path.is_file():
        return None
    value = json.loads(path.read_text(encoding="ascii"))
    # base64 and not base85: Python decodes that in C
    steps = array("i", zlib.decompress(base64.b64decode(value["steps"])))
    counts = counts_of(len(steps))
    return Arrivals(counts=counts, off=list(accumulate(steps)), slack=value["slack"])


@lru_cache(maxsize=4)
def counts_of(length: int) -> array[int]:
    """The counts of a table."""
    count, counts = FIRST_COUNT, array("q", [FIRST_COUNT])
    while len(counts) < length:
        count += count // GROWTH or 1
        counts.append(count)
    return counts
