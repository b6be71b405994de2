import pytest
from hypothesis import given
from hypothesis import strategies as st

from submission.squad.answer import aligned, answer_texts
from submission.squad.dataset import Dataset
from submission.squad.features import Features
from submission.squad.span import Span


def answer(cats: Dataset, features: Features, feature: int, first: int, last: int) -> str:
    spans = {0: Span(feature=feature, first=first, last=last)}
    return answer_texts(cats, features, spans)["q1"]


def test_a_span_is_given_as_it_is_written(cats: Dataset, features: Features) -> None:
    assert answer(cats, features, 0, 4, 8) == "Anna's cats"
    assert answer(cats, features, 1, 6, 9) == "sat. On mat"
    assert answer(cats, features, 2, 6, 7) == "mats"


def test_a_word_is_cut_to_what_the_span_says(cats: Dataset, features: Features) -> None:
    assert answer(cats, features, 0, 4, 4) == "Anna"
    assert answer(cats, features, 0, 9, 9) == "sat"
    assert answer(cats, features, 2, 4, 4) == "."


def test_a_question_without_a_span_is_answered_empty(cats: Dataset, features: Features) -> None:
    assert answer_texts(cats, features, {}) == {"q1": "empty"}


@pytest.mark.parametrize(
    ("said", "written", "text"),
    [
        ("steve smith", "Steve Smith's", "Steve Smith"),
        ("24 \u2013 10", "(24\u201310).", "24\u201310"),
        ("cafe", "Caf\u00e9,", "Caf\u00e9"),
        ("[UNK]", "\U0001f600!", "\U0001f600!"),
        ("smith", "Smi\u200bth's", "Smi\u200bth's"),
        ("cat", "dog", "dog"),
        ("", "dog", "dog"),
        ("a", "", ""),
    ],
)
def test_what_is_said_is_found_in_what_is_written(said: str, written: str, text: str) -> None:
    assert aligned(said, written) == text


@given(said=st.text("ab' .\u00e9\u200b"), written=st.text("Aab' .\u00e9\u200b"))
def test_the_answer_is_always_a_part_of_what_is_written(said: str, written: str) -> None:
    assert aligned(" ".join(said.split()), written) in written
