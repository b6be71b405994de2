"""One row per sample: query id, sample index, time of issue and of completion.

Kept in typed arrays (28 bytes per sample) that grow by appending, so that recording costs a
fraction of a microsecond and an hour of Server queries takes some megabytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from submission.harness.files import LATENCIES_FILE
from submission.harness.latencies import Latencies


class Ledger:
    """Rows are added by LoadGen's thread and finished by the workers; times are monotonic ns."""

    def __init__(self) -> None:
        self.query_ids = array("Q")
        self.indices = array("i")
        self.issued_ns = array("q")
        self.done_ns = array("q")

    def add(self, query_ids: Sequence[int], indices: Sequence[int], now_ns: int) -> int:
        """Append rows that are not done yet; returns the first row's number."""
        first = len(self.query_ids)
        blank = [0] * len(query_ids)
        self.indices.extend(indices)
        self.issued_ns.extend([now_ns] * len(query_ids))
        self.done_ns.extend(blank)
        self.query_ids.extend(query_ids)
        return first

    def save(self, folder: Path) -> str:
        """Write the latencies of all rows to ``folder``; returns the file's name."""
        latencies = Latencies(
            sample_index=np.array(self.indices, dtype=np.int32),
            issued_ns=np.array(self.issued_ns, dtype=np.int64),
            done_ns=np.array(self.done_ns, dtype=np.int64),
        )
        latencies.save(folder / LATENCIES_FILE)
        return LATENCIES_FILE
