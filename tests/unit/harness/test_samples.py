"""Reading features.npz and padding its samples."""

from pathlib import Path

import numpy as np
import pytest

from submission.harness.failure import HarnessError
from submission.harness.samples import FeatureSamples, read_features
from tests.fakes.harness_process import write_features


def read(tmp_path: Path) -> FeatureSamples:
    write_features(tmp_path / "features.npz")
    return read_features(tmp_path / "features.npz")


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


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tokens": np.zeros(3, np.int32)}, "tokens has shape (3,)"),
        ({"segment_starts": np.zeros(3, np.int32)}, "segment_starts has shape (3,)"),
        ({"lengths": np.zeros(0, np.int32)}, "positive numbers"),
    ],
)
def test_features_that_do_not_fit_together_are_refused(
    tmp_path: Path, changes: dict[str, np.ndarray], words: str
) -> None:
    path = tmp_path / "features.npz"
    write_features(path)
    np.savez(path, **{**np.load(path), **changes})
    with pytest.raises(HarnessError) as caught:
        read_features(path)
    assert caught.value.kind == "features"
    assert words in caught.value.detail


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "features.npz"
    path.write_bytes(content)
    with pytest.raises(HarnessError, match="cannot be used"):
        read_features(path)


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "features.npz"
    write_features(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(HarnessError, match="cannot be used"):
        read_features(path)


def test_a_missing_array_is_named(tmp_path: Path) -> None:
    path = tmp_path / "features.npz"
    np.savez(path, lengths=np.ones(3, np.int32))
    with pytest.raises(HarnessError) as caught:
        read_features(path)
    assert "tokens" in caught.value.detail
