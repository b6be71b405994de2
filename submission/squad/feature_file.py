"""Features on disk: an uncompressed ``.npz`` without pickles.

Arrays of the file (see ``Features`` for the letters): ``lengths``, ``tokens`` and
``segment_starts`` are the inputs of the model, and all that a harness reads (``inputs``);
``max_seq_length`` (scalar), ``example_index``, ``doc_span_index``, ``word_index``,
``max_context``, ``vocabulary`` (UTF-8 bytes, a line a token) and ``meta`` (one JSON text) serve
scoring. Equal features give equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from submission.errors import StageError
from submission.files import replacing
from submission.squad.features import Features, FeatureSettings
from submission.squad.samples import Arrays, Samples, read_arrays, samples_of, unusable

FORMAT = "squad-features"
VERSION = 1
_INTEGERS = ("example_index", "doc_span_index", "word_index")


def save_features(features: Features, path: Path) -> None:
    """Replace ``path`` by the features in one step; raises StageError if it cannot be written."""
    arrays: dict[str, NDArray[Any]] = {
        "lengths": features.lengths,
        "tokens": features.tokens,
        "segment_starts": features.segment_starts,
        "max_seq_length": np.array(features.settings.max_seq_length, dtype=np.int32),
        "example_index": features.example_index,
        "doc_span_index": features.doc_span_index,
        "word_index": features.word_index,
        "max_context": features.max_context,
        "vocabulary": np.frombuffer("\n".join(features.vocabulary).encode("utf-8"), np.uint8),
        "meta": np.array(json.dumps(_meta(features))),
    }
    try:
        with replacing(path) as stream:
            np.savez(stream, **arrays)
    except OSError as error:
        raise StageError(
            "the features cannot be saved",
            detail=f"{path}: {error.strerror or error}",
            hint="free some space, or make the folder writable",
        ) from error


def _meta(features: Features) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "features": len(features),
        "settings": features.settings.to_json(),
        "dataset_sha256": features.dataset_sha256,
        "vocab_sha256": features.vocab_sha256,
    }


def load_features(path: Path) -> Features:
    """Read what ``save_features`` wrote; raises StageError for a damaged or foreign file."""
    arrays = read_arrays(path)
    try:
        features = _features(arrays, samples_of(arrays, path))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise unusable(path, f"not a file of this kind ({error})") from error
    for trouble in _troubles(features):
        raise unusable(path, trouble)
    return features


def _features(arrays: Arrays, inputs: Samples) -> Features:
    meta = json.loads(str(arrays["meta"][()]))
    if (meta["format"], meta["version"]) != (FORMAT, VERSION):
        raise ValueError(f"format {meta['format']!r}, version {meta['version']!r}")
    settings = FeatureSettings(**meta["settings"])
    if int(arrays["max_seq_length"]) != settings.max_seq_length:
        raise ValueError("max_seq_length is not that of its meta")
    return Features(
        lengths=inputs.lengths,
        tokens=inputs.tokens,
        segment_starts=inputs.segment_starts,
        **{name: _whole(arrays, name) for name in _INTEGERS},
        max_context=arrays["max_context"].astype(np.bool_),
        vocabulary=tuple(arrays["vocabulary"].tobytes().decode("utf-8").split("\n")),
        settings=settings,
        dataset_sha256=meta["dataset_sha256"],
        vocab_sha256=meta["vocab_sha256"],
    )


def _whole(arrays: Arrays, name: str) -> NDArray[np.int32]:
    array = arrays[name]
    if array.dtype != np.int32 or array.ndim != 1:
        raise ValueError(f"{name} is {array.dtype} with {array.ndim} dimensions")
    return array


def _troubles(features: Features) -> Iterator[str]:
    """Contradictions between the inputs and the other arrays."""
    count = len(features)
    lengths, starts = features.lengths, features.segment_starts
    if any(len(array) != count for array in (features.example_index, features.doc_span_index)):
        yield "its arrays are of different numbers of features"
    if lengths.max() > features.settings.max_seq_length:
        yield "a feature is longer than max_seq_length"
    context = int(lengths.sum()) - int(starts.sum()) - count
    if any(array.shape != (context,) for array in (features.word_index, features.max_context)):
        yield "its token arrays do not fit its lengths"
    if int(features.tokens.min()) < 0 or int(features.tokens.max()) >= len(features.vocabulary):
        yield "a token is not in its vocabulary"
