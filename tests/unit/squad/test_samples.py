"""The samples in a features file: reading, checking, padding."""

from pathlib import Path

import numpy as np
import pytest

from submission.errors import StageError
from submission.squad.feature_file import save_features
from submission.squad.features import Features, FeatureSettings
from submission.squad.samples import Samples, read_samples
from tests.fakes.harness_process import write_features


def read(tmp_path: Path) -> Samples:
    write_features(tmp_path / "features.npz")
    return read_samples(tmp_path / "features.npz")


def test_a_sample_is_padded_with_zeros(tmp_path: Path) -> None:
    rows = [np.full(8, 9) for _ in range(3)]
    read(tmp_path).write(0, *rows)
    assert rows[0].tolist() == [1, 2, 3, 4, 0, 0, 0, 0]
    assert rows[1].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
    assert rows[2].tolist() == [0, 0, 1, 1, 0, 0, 0, 0]


def test_each_sample_has_its_own_tokens(tmp_path: Path) -> None:
    samples = read(tmp_path)
    for index, length in enumerate(samples.lengths):
        rows = [np.empty(24, np.int64) for _ in range(3)]
        samples.write(index, *rows)
        assert rows[0][:length].tolist() == list(range(1, length + 1))
        assert rows[1].sum() == length


def test_a_sample_fills_its_row(tmp_path: Path) -> None:
    rows = [np.empty(24, np.int32) for _ in range(3)]
    read(tmp_path).write(39, *rows)
    assert rows[0].tolist() == list(range(1, 25))
    assert rows[2].tolist() == [0] * 12 + [1] * 12


def test_a_batch_is_padded_to_one_length_and_its_spare_rows_are_empty(tmp_path: Path) -> None:
    rows = read(tmp_path).padded([0, 1], 6, rows=3)
    assert rows.shape == (3, 3, 6)
    assert rows[0].tolist() == [[1, 2, 3, 4, 0, 0], [1, 2, 3, 4, 0, 0], [0] * 6]
    assert rows[1].sum(axis=1).tolist() == [4, 4, 0]


def test_a_sample_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broadcast"):
        read(tmp_path).padded([39], 23)


def test_some_samples_are_those_of_the_whole(tmp_path: Path) -> None:
    samples = read(tmp_path)
    some = samples.some([39, 0])
    assert some.lengths.tolist() == [24, 4]
    assert np.array_equal(some.padded([0, 1], 24), samples.padded([39, 0], 24))


def test_what_a_run_reads_is_what_was_saved_for_scoring(features: Features, tmp_path: Path) -> None:
    save_features(features, tmp_path / "features.npz")
    samples = read_samples(tmp_path / "features.npz")
    every = range(len(features))
    assert np.array_equal(samples.padded(every, 11), features.padded(every, 11))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tokens": np.zeros(3, np.int32)}, "3 tokens, but lengths of 541 in all"),
        ({"tokens": np.zeros(541, np.float32)}, "tokens is float32"),
        ({"segment_starts": np.zeros(3, np.int32)}, "40 lengths, but 3 segment_starts"),
        ({"lengths": np.zeros(0, np.int32)}, "it holds no feature"),
        ({"lengths": np.full(40, -1, np.int32)}, "a segment starts outside its feature"),
        ({"lengths": np.ones((4, 10), np.int32)}, "lengths is int32 with 2 dimensions"),
    ],
)
def test_features_that_do_not_fit_together_are_refused(
    tmp_path: Path, changes: dict[str, np.ndarray], words: str
) -> None:
    path = tmp_path / "features.npz"
    write_features(path)
    np.savez(path, **{**np.load(path), **changes})
    with pytest.raises(StageError) as caught:
        read_samples(path)
    assert words in caught.value.detail


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "features.npz"
    path.write_bytes(content)
    with pytest.raises(StageError, match="cannot be used"):
        read_samples(path)


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "features.npz"
    write_features(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(StageError, match="cannot be used"):
        read_samples(path)


def test_a_missing_array_is_named(tmp_path: Path) -> None:
    path = tmp_path / "features.npz"
    np.savez(path, lengths=np.ones(3, np.int32))
    with pytest.raises(StageError) as caught:
        read_samples(path)
    assert "tokens" in caught.value.detail


@pytest.fixture
def ragged() -> Features:
    """Three features of 4, 5 and 6 tokens with 1, 2 and 3 tokens of context."""
    return Features(
        lengths=np.array([4, 5, 6], np.int32),
        tokens=np.arange(15, dtype=np.int32),
        segment_starts=np.array([2, 2, 2], np.int32),
        example_index=np.array([0, 1, 1], np.int32),
        doc_span_index=np.array([0, 0, 1], np.int32),
        word_index=np.array([10, 20, 21, 30, 31, 32], np.int32),
        max_context=np.array([True, True, False, True, True, True]),
        vocabulary=("a",),
        settings=FeatureSettings(),
        dataset_sha256="d",
        vocab_sha256="v",
    )


def test_a_subset_keeps_what_belongs_to_each_feature(ragged: Features) -> None:
    chosen = ragged.some([2, 0])
    assert chosen.lengths.tolist() == [6, 4]
    assert chosen.tokens.tolist() == [9, 10, 11, 12, 13, 14, 0, 1, 2, 3]
    assert chosen.word_index.tolist() == [30, 31, 32, 10]
    assert chosen.max_context.tolist() == [True, True, True, True]
    assert chosen.doc_span_index.tolist() == [1, 0]


def test_the_subset_of_all_is_all(ragged: Features) -> None:
    every = ragged.some([0, 1, 2])
    for name in ("lengths", "tokens", "word_index", "max_context"):
        assert np.array_equal(getattr(every, name), getattr(ragged, name))
    assert every.settings == ragged.settings
