import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from submission.errors import StageError
from submission.squad.feature_file import load_features, save_features
from submission.squad.features import Features


@pytest.fixture
def saved(features: Features, tmp_path: Path) -> Path:
    path = tmp_path / "features.npz"
    save_features(features, path)
    return path


def rewritten(path: Path, **changes: Any) -> Path:
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays |= {name: np.array(value) for name, value in changes.items()}
    np.savez(path, **{name: array for name, array in arrays.items() if array.dtype != object})
    return path


def meta_of(path: Path) -> dict[str, Any]:
    with np.load(path) as archive:
        meta: dict[str, Any] = json.loads(str(archive["meta"]))
    return meta


def test_what_was_saved_is_loaded(features: Features, saved: Path) -> None:
    loaded = load_features(saved)
    for name, value in vars(features).items():
        assert np.array_equal(getattr(loaded, name), value), name


def test_equal_features_are_equal_bytes(features: Features, saved: Path) -> None:
    before = saved.read_bytes()
    save_features(features, saved)
    assert saved.read_bytes() == before


def test_a_place_that_cannot_be_written_is_named(features: Features, saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(StageError, match="the features cannot be saved") as caught:
        save_features(features, saved / "features.npz")
    assert "features.npz/features.npz" in caught.value.detail
    assert saved.read_bytes() == before


def test_a_harness_finds_the_agreed_arrays_with_numpy_alone(saved: Path) -> None:
    with np.load(saved, allow_pickle=False) as archive:
        assert archive["lengths"].dtype == archive["segment_starts"].dtype == np.int32
        assert archive["tokens"].shape == (int(archive["lengths"].sum()),)
        assert int(archive["max_seq_length"]) == 11
        assert sorted(archive.files) == [
            "doc_span_index",
            "example_index",
            "lengths",
            "max_context",
            "max_seq_length",
            "meta",
            "segment_starts",
            "tokens",
            "vocabulary",
            "word_index",
        ]


def test_the_meta_says_what_the_features_were_made_of(saved: Path) -> None:
    meta = meta_of(saved)
    assert (meta["version"], meta["features"], meta["vocab_sha256"]) == (1, 3, "v" * 64)
    assert meta["settings"] == {"max_seq_length": 11, "doc_stride": 3, "max_query_length": 2}


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"meta": None}, "'meta'"),
    ({"meta": "{}"}, "'format'"),
    ({"meta": "no JSON"}, "Expecting value"),
    ({"meta": "[]"}, "list indices"),
    ({"vocabulary": None}, "'vocabulary'"),
    ({"max_seq_length": np.int32(12)}, "max_seq_length is not that of its meta"),
    ({"lengths": np.ones(3)}, "lengths is float64 with 1 dimensions"),
    ({"tokens": np.ones((2, 2), np.int32)}, "tokens is int32 with 2 dimensions"),
    ({"lengths": np.full(2, 4, np.int32)}, "2 lengths, but 3 segment_starts"),
    ({"example_index": np.ones(2, np.int32)}, "different numbers of features"),
    ({"lengths": np.full(3, 4, np.int32)}, "a segment starts outside its feature"),
    (
        {"lengths": np.full(3, 12, np.int32), "tokens": np.ones(36, np.uint16)},
        "a feature is longer than max_seq_length",
    ),
    ({"tokens": np.ones(5, np.uint16)}, "5 tokens, but lengths of 31 in all"),
    ({"max_context": np.ones((16, 1))}, "its token arrays do not fit its lengths"),
    ({"tokens": np.full(31, 15, np.uint16)}, "a token is not in its vocabulary"),
    ({"tokens": np.full(31, -1, np.int32)}, "a token is not in its vocabulary"),
]


@pytest.mark.parametrize(("changes", "words"), CHANGES)
def test_a_foreign_archive_is_refused(saved: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(StageError, match="the features cannot be used") as caught:
        load_features(rewritten(saved, **changes))
    assert words in caught.value.detail


def test_an_archive_of_a_later_version_is_refused(saved: Path) -> None:
    later = json.dumps(meta_of(saved) | {"version": 2})
    with pytest.raises(StageError) as caught:
        load_features(rewritten(saved, meta=later))
    assert "version 2" in caught.value.detail


def test_an_archive_without_features_is_refused(saved: Path) -> None:
    none = {name: np.empty(0, np.int32) for name in ("lengths", "segment_starts", "tokens")}
    with pytest.raises(StageError) as caught:
        load_features(rewritten(saved, **none))
    assert "it holds no feature" in caught.value.detail


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_cut_file_is_refused(saved: Path, share: float) -> None:
    content = saved.read_bytes()
    saved.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(StageError, match="the features cannot be used"):
        load_features(saved)


def test_one_changed_token_is_refused(saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    content[content.index(b"tokens.npy") + 150] ^= 1
    saved.write_bytes(content)
    with pytest.raises(StageError) as caught:
        load_features(saved)
    assert "Bad CRC-32" in caught.value.detail


def test_a_single_array_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "features.npy"
    np.save(path, np.ones(3))
    with pytest.raises(StageError) as caught:
        load_features(path)
    assert "a single array" in caught.value.detail


def test_a_pickle_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "features.npz"
    np.savez(path, meta=np.array([{}], dtype=object))
    with pytest.raises(StageError) as caught:
        load_features(path)
    assert "allow_pickle" in caught.value.detail


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StageError) as caught:
        load_features(tmp_path / "features.npz")
    assert "No such file" in caught.value.detail
