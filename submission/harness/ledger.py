"""One row per sample: who asked, what for, when, and when it was answered.

Kept in machine-typed arrays (28 bytes a sample) that grow by appending, so that recording
costs a fraction of a microsecond and an hour of Server queries fits into some megabytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from submission.files import replacing
from submission.harness.files import LATENCIES_FILE


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
        """Write sample index, issue and completion time of each row; returns the file's name.

        Arrays ``sample_index`` int32[n], ``issued_ns`` and ``done_ns`` int64[n], in the order
        of issue, on one monotonic clock. ``done_ns`` 0 means never answered.
        """
        with replacing(folder / LATENCIES_FILE) as stream:
            np.savez(
                stream,
                sample_index=np.array(self.indices, dtype=np.int32),
                issued_ns=np.array(self.issued_ns, dtype=np.int64),
                done_ns=np.array(self.done_ns, dtype=np.int64),
            )
        return LATENCIES_FILE
