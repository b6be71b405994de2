"""A truncated log shows some answers; their samples can be run alone."""

from dataclasses import replace

import numpy as np
import pytest

from submission.review.logged import differing, logged_answers, subset
from submission.squad.features import Features, FeatureSettings

LOG = (
    b'[\n{ "seq_id" : 2, "qsl_idx" : 79, "data" : "19054CC0F85779C0", "token_count" : 0 },\n'
    b'{ "seq_id" : 5, "qsl_idx" : 7, "data" : "00112233445566778899AA'
    b"\n\n...\n\n"
    b'FF00" },\n{ "seq_id" : 9, "qsl_idx" : 8, "data" : "aabbccddeeff0011" }\n]\n'
)


@pytest.fixture
def features() -> Features:
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


def test_the_answers_that_a_truncated_log_shows_are_found() -> None:
    assert logged_answers(LOG) == {
        79: "19054CC0F85779C0",
        7: "00112233445566778899AA",
        8: "AABBCCDDEEFF0011",
    }


def test_an_answer_of_less_than_a_token_is_passed_over() -> None:
    assert logged_answers(b'{"qsl_idx" : 1, "data" : "0011') == {}


def test_an_answer_that_differs_in_one_bit_or_is_missing_is_named() -> None:
    claimed = {1: "0011", 2: "0022", 3: "0033"}
    assert differing(claimed, {1: "001122", 2: "0023AA"}) == [2, 3]


def test_a_subset_keeps_what_belongs_to_each_feature(features: Features) -> None:
    chosen = subset(features, [2, 0])
    assert chosen.lengths.tolist() == [6, 4]
    assert chosen.tokens.tolist() == [9, 10, 11, 12, 13, 14, 0, 1, 2, 3]
    assert chosen.word_index.tolist() == [30, 31, 32, 10]
    assert chosen.max_context.tolist() == [True, True, True, True]
    assert chosen.doc_span_index.tolist() == [1, 0]


def test_the_subset_of_all_is_all(features: Features) -> None:
    every = subset(features, [0, 1, 2])
    for name in ("lengths", "tokens", "word_index", "max_context"):
        assert np.array_equal(getattr(every, name), getattr(features, name))
    assert replace(every, lengths=features.lengths).settings == features.settings
