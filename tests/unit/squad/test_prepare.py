"""Features are made once for the same data, vocabulary and settings."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from submission.errors import StageError
from submission.squad.features import FeatureSettings
from submission.squad.prepare import Prepared, prepare_features

MINI = Path(__file__).parents[3] / "models" / "squad-mini"


@pytest.fixture
def mini(tmp_path: Path) -> Path:
    for name in ("mini-v1.1.json", "vocab.txt"):
        shutil.copy(MINI / name, tmp_path)
    return tmp_path


def prepared(mini: Path, settings: FeatureSettings | None = None) -> Prepared:
    return prepare_features(
        mini / "mini-v1.1.json", mini / "vocab.txt", mini / "features.npz", settings
    )


def test_a_second_time_they_are_loaded(mini: Path) -> None:
    first = prepared(mini)
    again = prepared(mini)
    assert (first.made, again.made) == (True, False)
    assert (first.features.tokens == again.features.tokens).all()


@pytest.mark.parametrize("name", ["mini-v1.1.json", "vocab.txt"])
def test_other_bytes_make_them_again(mini: Path, name: str) -> None:
    prepared(mini)
    end = b" " if name.endswith("json") else b"xyzzy\n"
    (mini / name).write_bytes((mini / name).read_bytes() + end)
    assert prepared(mini).made


def test_other_sizes_make_them_again(mini: Path) -> None:
    prepared(mini)
    again = prepared(mini, FeatureSettings(max_seq_length=128))
    assert again.made
    assert again.features.settings.max_seq_length == 128


def test_a_damaged_file_is_made_again(mini: Path) -> None:
    prepared(mini)
    (mini / "features.npz").write_bytes(b"PK")
    assert prepared(mini).made


def test_data_that_is_not_there_is_named(mini: Path) -> None:
    (mini / "mini-v1.1.json").unlink()
    with pytest.raises(StageError, match="the data set cannot be read"):
        prepared(mini)
