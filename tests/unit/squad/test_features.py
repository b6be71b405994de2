from dataclasses import replace

import numpy as np
import pytest

from submission.errors import StageError
from submission.squad.dataset import Dataset, Example
from submission.squad.features import Features, FeatureSettings, make_features
from submission.squad.vocabulary import Vocabulary


def rows(features: Features, values: np.ndarray, sizes: np.ndarray) -> list[list[int]]:
    return [part.tolist() for part in np.split(values, np.cumsum(sizes)[:-1])]


def asked(cats: Dataset, question: str) -> Dataset:
    return replace(cats, examples=(replace(cats.examples[0], question=question),))


def test_each_window_is_start_question_separator_context_separator(features: Features) -> None:
    # anna ' s | cat ##s | sat . | on | mat ##s: ten tokens; 11 - "who ?" - 3 leaves room for six
    assert rows(features, features.tokens, features.lengths) == [
        [2, 13, 14, 3, 4, 5, 6, 7, 8, 9, 3],
        [2, 13, 14, 3, 7, 8, 9, 10, 11, 12, 3],
        [2, 13, 14, 3, 10, 11, 12, 8, 3],
    ]
    assert features.segment_starts.tolist() == [4, 4, 4]
    assert features.example_index.tolist() == [0, 0, 0]
    assert features.doc_span_index.tolist() == [0, 1, 2]


def test_each_context_token_knows_its_word_and_whether_it_may_start_here(
    features: Features,
) -> None:
    sizes = features.lengths - features.segment_starts - 1
    words = rows(features, features.word_index, sizes)
    assert words == [[0, 0, 0, 1, 1, 2], [1, 1, 2, 2, 3, 4], [2, 3, 4, 4]]
    starts = rows(features, features.max_context.astype(int), sizes)
    assert starts == [[1, 1, 1, 1, 1, 0], [0, 0, 1, 1, 1, 0], [0, 0, 1, 1]]


def test_the_context_mask_marks_context_tokens_only(features: Features) -> None:
    picture = ["".join("c" if flag else "." for flag in row) for row in features.context_mask()]
    assert picture == ["....cccccc.", "....cccccc.", "....cccc..."]


def test_a_long_question_loses_its_end(cats: Dataset, vocabulary: Vocabulary) -> None:
    settings = FeatureSettings(max_seq_length=40, max_query_length=2)
    made = make_features(asked(cats, "Who sat on mats?"), vocabulary, settings)
    assert made.tokens[:4].tolist() == [2, 13, 9, 3]


def test_a_context_of_nothing_but_control_characters_has_no_feature(
    cats: Dataset, vocabulary: Vocabulary
) -> None:
    silent = Example(qid="q0", question="Who?", context="\u200b", answers=("x",))
    made = make_features(replace(cats, examples=(silent, *cats.examples)), vocabulary)
    assert made.example_index.tolist() == [1]


def test_ids_of_a_small_vocabulary_take_two_bytes(features: Features) -> None:
    assert features.tokens.dtype == np.uint16


def test_ids_of_a_large_vocabulary_take_four_bytes(cats: Dataset, vocabulary: Vocabulary) -> None:
    many = tuple(f"x{number}" for number in range(70_000))
    large = Vocabulary(tokens=vocabulary.tokens + many, sha256="v" * 64)
    assert make_features(cats, large).tokens.dtype == np.int32


@pytest.mark.parametrize(
    "settings",
    [
        FeatureSettings(max_seq_length=67),
        FeatureSettings(max_seq_length=0),
        FeatureSettings(doc_stride=0),
    ],
)
def test_sizes_without_room_are_refused(
    cats: Dataset, vocabulary: Vocabulary, settings: FeatureSettings
) -> None:
    with pytest.raises(StageError, match="no tokens for a context") as caught:
        make_features(cats, vocabulary, settings)
    assert f"max_seq_length {settings.max_seq_length}" in caught.value.detail


def test_a_data_set_without_any_token_is_refused(cats: Dataset, vocabulary: Vocabulary) -> None:
    silent = replace(cats.examples[0], context="\u200b")
    with pytest.raises(StageError, match="the data set has no features"):
        make_features(replace(cats, examples=(silent,)), vocabulary)
