"""Which bucket a sample runs in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def assign_buckets(
    lengths: NDArray[np.int32], buckets: Sequence[int], trailing_pad: int
) -> NDArray[np.int32]:
    """The bucket of each sample: the first that holds it and ``trailing_pad`` more tokens.

    A sample that fits only without that padding gets the last bucket.
    """
    order = np.asarray(buckets, dtype=np.int32)
    places = np.searchsorted(order, lengths + trailing_pad)
    chosen: NDArray[np.int32] = order[np.minimum(places, len(order) - 1)]
    return chosen
