"""Every feature of the SQuAD dev set against the hashes of the official scripts."""

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from submission.squad.dataset import load_dataset
from submission.squad.feature_file import load_features, save_features
from submission.squad.features import Features, make_features
from submission.squad.vocabulary import load_vocabulary

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(shared_data: Path) -> Features:
    squad = shared_data / "squad"
    return make_features(
        load_dataset(squad / "dev-v1.1.json"), load_vocabulary(squad / "vocab.txt")
    )


@pytest.fixture(scope="module")
def oracle(shared_data: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((shared_data / "oracle" / "oracle.json").read_text())
    return facts["features"]


def digest(array: np.ndarray) -> str:
    return hashlib.sha256(array.astype("<i4").tobytes()).hexdigest()


def real(features: Features) -> np.ndarray:
    return np.arange(features.settings.max_seq_length) < features.lengths[:, None]


def test_input_ids_are_the_official_ones(made: Features, oracle: dict[str, Any]) -> None:
    ids = np.zeros(oracle["shape"], dtype=np.int32)
    ids[real(made)] = made.tokens
    assert digest(ids) == oracle["input_ids_sha256"]


def test_input_masks_are_the_official_ones(made: Features, oracle: dict[str, Any]) -> None:
    assert digest(real(made)) == oracle["input_mask_sha256"]


def test_segment_ids_are_the_official_ones(made: Features, oracle: dict[str, Any]) -> None:
    position = np.arange(made.settings.max_seq_length)
    segments = real(made) & (position >= made.segment_starts[:, None])
    assert digest(segments) == oracle["segment_ids_sha256"]


def test_the_maps_to_words_are_the_official_ones(made: Features, oracle: dict[str, Any]) -> None:
    lines, start = [], 0
    for n in range(len(made)):
        first, stop = int(made.segment_starts[n]), int(made.lengths[n]) - 1
        inside = slice(start, start + stop - first)
        start = inside.stop
        places = list(zip(range(first, stop), made.word_index[inside].tolist(), strict=True))
        most = (np.flatnonzero(made.max_context[inside]) + first).tolist()
        example, span = int(made.example_index[n]), int(made.doc_span_index[n])
        lines.append(json.dumps([example, span, places, most], separators=(",", ":")))
    found = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert found == oracle["maps_sha256"]


def test_counts_are_the_official_ones(made: Features, oracle: dict[str, Any]) -> None:
    assert (len(made), len(made.tokens)) == (oracle["features"], oracle["tokens_total"])
    assert len(np.unique(made.example_index)) == oracle["examples"]


def test_features_of_the_dev_set_load_in_half_a_second(made: Features, tmp_path: Path) -> None:
    save_features(made, tmp_path / "features.npz")
    begin = time.perf_counter()
    assert len(load_features(tmp_path / "features.npz")) == len(made)
    assert time.perf_counter() - begin < 0.5
