"""Prepares features once, and reuses them while data, vocabulary and settings are equal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from submission.errors import StageError
from submission.files import sha256_of
from submission.squad.dataset import load_dataset
from submission.squad.feature_file import load_features, save_features
from submission.squad.features import Features, FeatureSettings, make_features
from submission.squad.vocabulary import load_vocabulary


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """The features, and whether they had to be made."""

    features: Features
    made: bool


def prepare_features(
    data: Path, vocab: Path, to: Path, settings: FeatureSettings | None = None
) -> Prepared:
    """The features of ``data`` in the file ``to``; made again if the file is of something else.

    The key is in the file's meta: SHA-256 of data and vocabulary, and the settings. Raises
    StageError for data that is not SQuAD, an unfit vocabulary, or a file that cannot be written.
    """
    sizes = settings or FeatureSettings()
    there = _there(to)
    if there is not None and _key(there) == (_digest(data), _digest(vocab), sizes):
        return Prepared(features=there, made=False)
    made = make_features(load_dataset(data), load_vocabulary(vocab), sizes)
    save_features(made, to)
    return Prepared(features=load_features(to), made=True)


def _there(path: Path) -> Features | None:
    try:
        return load_features(path)
    except StageError:
        return None  # missing, damaged or of another version


def _key(features: Features) -> tuple[str | None, str | None, FeatureSettings]:
    return features.dataset_sha256, features.vocab_sha256, features.settings


def _digest(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except OSError:
        return None  # matches no key; the reader raises the error
