"""Which sequence lengths to compile, so that as little as possible of the work is padding."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from submission.harness.buckets import assign_buckets

# at multiples of a vector of 16 floats logits are those of the padded run to the last bit; at
# others INT8 rounding moved 1 % of them (measured on the whole dev set)
ALIGNMENT = 16
# tokens at which attention, which grows with the square, costs as much as all the rest
ATTENTION_TOKENS = 1536.0


def choose_buckets(
    lengths: NDArray[np.int32], *, longest: int, count: int, spare: int = 0
) -> tuple[int, ...]:
    """At most ``count`` ascending lengths, the last one ``longest``, that pad the least.

    ``lengths``: real tokens of each sample. ``spare``: padding that each sample must keep.
    The optimum by dynamic programming over multiples of ALIGNMENT.
    """
    ends = _ends(lengths, longest, spare)
    samples = np.bincount(
        np.searchsorted(ends, np.minimum(lengths + spare, longest)), minlength=len(ends)
    )
    return tuple(ends[place] for place in _cheapest(samples, work(np.asarray(ends)), count))


def padded(lengths: NDArray[np.int32], buckets: Sequence[int], *, spare: int = 0) -> float:
    """Mean tokens of a sample in its bucket, its padding included."""
    return float(assign_buckets(lengths, buckets, spare).mean())


def work(lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """What a sample of that many tokens costs, in tokens without attention."""
    grown: NDArray[np.float64] = lengths * (1.0 + lengths / ATTENTION_TOKENS)
    return grown


def _ends(lengths: NDArray[np.int32], longest: int, spare: int) -> list[int]:
    used = -(-(lengths + spare) // ALIGNMENT) * ALIGNMENT
    return sorted({int(end) for end in np.unique(used) if end < longest} | {longest})


def _cheapest(samples: NDArray[np.int64], cost: NDArray[np.float64], count: int) -> list[int]:
    """Places of the chosen ends: ``best[k][j]`` is the cost of all up to j with k ends, j last."""
    behind = np.concatenate(([0], np.cumsum(samples)))
    size = len(samples)
    best = behind[1:] * cost
    cuts: list[NDArray[np.int64]] = []
    for _ in range(1, min(count, size)):
        # from[i, j]: the end before j is i
        steps = best[:, None] + (behind[None, 1:] - behind[1:, None]) * cost[None, :]
        steps[np.tril_indices(size)] = np.inf
        cut = np.argmin(steps, axis=0)
        better = steps[cut, np.arange(size)]
        cuts.append(np.where(better < best, cut, -1))
        best = np.minimum(best, better)
    return _walk_back(cuts, size - 1)


def _walk_back(cuts: list[NDArray[np.int64]], last: int) -> list[int]:
    places = [last]
    for cut in reversed(cuts):
        before = int(cut[places[0]])
        if before >= 0:
            places.insert(0, before)
    assert all(one < other for one, other in pairwise(places))
    return places
