"""The model's inputs: ids, mask and segments of each sample, ragged on disk, padded on demand.

Reads the arrays ``lengths``, ``tokens`` and ``segment_starts`` of a features file with numpy
alone: the harness needs nothing else, and no tokenizer. ``feature_file`` reads the rest.
Tokenization is untimed (MLPerf Inference rules, "Load Generator": the QSL may hold preprocessed
samples), so a run only pads.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from submission.errors import StageError

Arrays = Mapping[str, NDArray[Any]]
INPUT_ARRAYS = ("lengths", "tokens", "segment_starts")
# what numpy may raise for a file of other content
_DAMAGED = (
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """The inputs of n samples, one after the other; LoadGen's sample index is the row here.

    ``lengths`` int32 [n]: real tokens of each; ``tokens`` uint16 or int32 [sum(lengths)];
    ``segment_starts`` int32 [n]: the token from which the segment id is 1.
    """

    lengths: NDArray[np.int32]
    tokens: NDArray[np.int32] | NDArray[np.uint16]
    segment_starts: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.lengths)

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        ends: NDArray[np.int64] = np.cumsum(self.lengths, dtype=np.int64)
        return ends - self.lengths

    def write(
        self, index: int, ids: NDArray[Any], mask: NDArray[Any], segments: NDArray[Any]
    ) -> None:
        """Fill three rows of one length with sample ``index``, padded with 0.

        Raises ValueError if the sample does not fit.
        """
        length = int(self.lengths[index])
        start = int(self._starts[index])
        ids[:length] = self.tokens[start : start + length]
        ids[length:] = 0
        mask[:length] = 1
        mask[length:] = 0
        segments[:] = 0
        segments[int(self.segment_starts[index]) : length] = 1

    def padded(
        self, indices: Sequence[int], length: int, *, rows: int | None = None
    ) -> NDArray[np.int64]:
        """Ids, mask and segments of some samples: int64 [3, rows, length].

        ``rows`` is a batch that may be larger than the samples; the rest of it is 0.
        """
        found = np.zeros((3, rows or len(indices), length), np.int64)
        for row, index in enumerate(indices):
            self.write(index, *found[:, row])
        return found

    def some(self, indices: Sequence[int]) -> Samples:
        """Only these samples, in this order."""
        order = list(indices)
        tokens = np.split(self.tokens, self._starts[1:])
        return Samples(
            lengths=self.lengths[order],
            tokens=np.concatenate([tokens[index] for index in order]),
            segment_starts=self.segment_starts[order],
        )


def read_samples(path: Path) -> Samples:
    """The model inputs of a features file; raises StageError for a damaged or foreign one."""
    return samples_of(read_arrays(path, INPUT_ARRAYS), path)


def read_arrays(path: Path, names: Collection[str] | None = None) -> Arrays:
    """The named arrays of an ``.npz`` (all of them by default); raises StageError."""
    try:
        # opened here, since numpy leaves the file of a damaged archive open
        with path.open("rb") as stream:
            archive = np.load(stream, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise ValueError("a single array, not an .npz archive")  # noqa: TRY004 - damage
            return {name: archive[name] for name in names or archive.files}
    except OSError as error:
        raise unusable(path, error.strerror or str(error)) from error
    except _DAMAGED as error:
        raise unusable(path, str(error) or "damaged") from error


def samples_of(arrays: Arrays, path: Path) -> Samples:
    """The inputs in the arrays of ``path``; raises StageError if they are inconsistent."""
    lengths, tokens, starts = (arrays[name] for name in INPUT_ARRAYS)
    for name, array in (("lengths", lengths), ("segment_starts", starts)):
        if array.dtype != np.int32 or array.ndim != 1:
            raise unusable(path, f"{name} is {array.dtype} with {array.ndim} dimensions")
    if tokens.dtype not in {np.dtype(np.uint16), np.dtype(np.int32)} or tokens.ndim != 1:
        raise unusable(path, f"tokens is {tokens.dtype} with {tokens.ndim} dimensions")
    if len(lengths) == 0:
        raise unusable(path, "it holds no feature")
    if len(starts) != len(lengths):
        raise unusable(path, f"{len(lengths)} lengths, but {len(starts)} segment_starts")
    if (starts < 1).any() or (lengths <= starts).any():
        raise unusable(path, "a segment starts outside its feature")
    if len(tokens) != int(lengths.sum()):
        raise unusable(path, f"{len(tokens)} tokens, but lengths of {int(lengths.sum())} in all")
    return Samples(lengths=lengths, tokens=tokens, segment_starts=starts)


def unusable(path: Path, trouble: str) -> StageError:
    """The error of a features file that cannot be used."""
    return StageError(
        "the features cannot be used",
        detail=f"{path}: {trouble}".replace("\n", " "),
        hint="delete the file and run again: the features stage rewrites it",
    )
