"""The QSL: tokenized features, read from ``features.npz`` with numpy alone.

Tokenization is untimed (MLPerf Inference rules, "Load Generator": the QSL may hold samples
preprocessed), so the harness only pads.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from submission.harness.failure import HarnessError, Kind

ARRAYS = ("lengths", "tokens", "segment_starts")
# what reading a file of other bytes may raise
UNREADABLE = (
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


class Samples(Protocol):
    """What a SUT must know of its samples; sample index of LoadGen = row here."""

    @property
    def count(self) -> int:
        """How many samples there are."""

    @property
    def lengths(self) -> NDArray[np.int32]:
        """Real tokens of each sample, int32[count]."""

    def write(
        self, index: int, ids: NDArray[Any], mask: NDArray[Any], segments: NDArray[Any]
    ) -> None:
        """Fill three rows of one padded length with sample ``index``; padding is 0."""


@dataclass(frozen=True, kw_only=True)
class FeatureSamples:
    """Features laid end to end: sample i owns ``tokens[starts[i] : starts[i] + lengths[i]]``.

    ``segment_starts[i]`` is the token of sample i from which the segment id is 1.
    """

    lengths: NDArray[np.int32]
    tokens: NDArray[np.integer[Any]]
    segment_starts: NDArray[np.int32]
    starts: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many samples there are."""
        return len(self.lengths)

    def write(
        self, index: int, ids: NDArray[Any], mask: NDArray[Any], segments: NDArray[Any]
    ) -> None:
        """Fill three rows of one padded length; ValueError if the sample does not fit."""
        length = int(self.lengths[index])
        start = int(self.starts[index])
        ids[:length] = self.tokens[start : start + length]
        ids[length:] = 0
        mask[:length] = 1
        mask[length:] = 0
        segments[:] = 0
        segments[int(self.segment_starts[index]) : length] = 1


def read_features(path: Path) -> FeatureSamples:
    """Read ``features.npz``; HarnessError "features" if it is missing, damaged or inconsistent."""
    try:
        # opened here, since numpy leaves the file of a damaged archive open
        with path.open("rb") as stream:
            arrays = np.load(stream, allow_pickle=False)
            lengths, tokens, segment_starts = (arrays[name] for name in ARRAYS)
    except UNREADABLE as error:
        raise _unusable(path, f"{type(error).__name__}: {error}") from error
    complaint = _complaint(lengths, tokens, segment_starts)
    if complaint:
        raise _unusable(path, complaint)
    ends = np.cumsum(lengths, dtype=np.int64)
    return FeatureSamples(
        lengths=lengths.astype(np.int32),
        tokens=tokens,
        segment_starts=segment_starts.astype(np.int32),
        starts=ends - lengths,
    )


def _complaint(
    lengths: NDArray[Any], tokens: NDArray[Any], segment_starts: NDArray[Any]
) -> str | None:
    if lengths.ndim != 1 or len(lengths) == 0 or int(lengths.min()) < 1:
        return f"lengths must be a list of positive numbers, found shape {lengths.shape}"
    if segment_starts.shape != lengths.shape:
        return f"{len(lengths)} lengths, but segment_starts has shape {segment_starts.shape}"
    if tokens.shape != (int(lengths.sum()),):
        return f"lengths add up to {int(lengths.sum())} tokens, tokens has shape {tokens.shape}"
    return None


def _unusable(path: Path, why: str) -> HarnessError:
    return HarnessError(
        f"the features in {path.name} cannot be used",
        kind=Kind.FEATURES,
        detail=f"{path}: {why}",
        hint="remove the file and run the stage again that tokenizes the data set",
    )
