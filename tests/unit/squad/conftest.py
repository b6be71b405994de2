"""A vocabulary of fifteen tokens, a question about cats, and where the SQuAD files may be."""

from pathlib import Path

import pytest

from submission.squad.dataset import Dataset, Example
from submission.squad.features import Features, FeatureSettings, make_features
from submission.squad.vocabulary import Vocabulary


@pytest.fixture
def vocabulary() -> Vocabulary:
    words = "[PAD] [UNK] [CLS] [SEP] anna ' s cat ##s sat . on mat who ?"
    return Vocabulary(tokens=tuple(words.split()), sha256="v" * 64)


@pytest.fixture
def cats() -> Dataset:
    example = Example(
        qid="q1", question="Who?", context="Anna's cats sat. On mats", answers=("Anna's cats",)
    )
    return Dataset(examples=(example,), sha256="d" * 64)


@pytest.fixture
def features(cats: Dataset, vocabulary: Vocabulary) -> Features:
    settings = FeatureSettings(max_seq_length=11, doc_stride=3, max_query_length=2)
    return make_features(cats, vocabulary, settings)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = Path(__file__).parents[3].parent / "shared" / "data"
    if not (folder / "oracle").is_dir():
        pytest.skip("no folder shared/data beside the checkout: the oracle is not compared")
    return folder
