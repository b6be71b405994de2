"""``latencies.npz``: when each sample of a run was issued and answered; one writer, one reader."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from submission.files import replacing


@dataclass(frozen=True, kw_only=True, eq=False)
class Latencies:
    """The samples of a run in the order of issue, with times on one monotonic clock.

    ``sample_index`` int32 [n], ``issued_ns`` and ``done_ns`` int64 [n]; ``done_ns`` 0 means never
    answered.
    """

    sample_index: NDArray[np.int32]
    issued_ns: NDArray[np.int64]
    done_ns: NDArray[np.int64]

    def save(self, path: Path) -> None:
        """Replace ``path`` in one step; raises OSError."""
        with replacing(path) as stream:
            np.savez(
                stream,
                sample_index=self.sample_index,
                issued_ns=self.issued_ns,
                done_ns=self.done_ns,
            )


def read_latencies(path: Path) -> Latencies | None:
    """What ``save`` wrote; None for a file that is missing, damaged or another one's."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Latencies(
                sample_index=arrays["sample_index"],
                issued_ns=arrays["issued_ns"],
                done_ns=arrays["done_ns"],
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
