from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submission.squad.dataset import Dataset
from submission.squad.metric import f1_of, normalized
from submission.squad.question_scores import question_scores


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("The Cat, a dog & an Owl!", "cat dog owl"),
        ("theatre  another\u00a0ant", "theatre another ant"),
        ("a-b", "ab"),
        ("the\u2013a", "\u2013"),
        ("The", ""),
        ("\u00c9t\u00e9", "\u00e9t\u00e9"),
    ],
)
def test_answers_are_compared_in_a_plain_form(text: str, form: str) -> None:
    assert normalized(text) == form


@given(text=st.text())
def test_the_plain_form_has_no_blanks_to_spare(text: str) -> None:
    form = normalized(text)
    assert form == " ".join(form.split())


@given(text=st.text("TheA anx,.", min_size=1))
def test_case_punctuation_and_outer_blanks_do_not_matter(text: str) -> None:
    assert normalized(f" {text.upper()}! ") == normalized(text)


@pytest.mark.parametrize(
    ("predicted", "reference", "f1"),
    [
        ("cat", "cat", 1.0),
        ("cat", "dog", 0.0),
        ("cat cat", "cat", 2 / 3),
        ("big cat", "small cat", 0.5),
        ("", "", 0.0),
        ("", "cat", 0.0),
    ],
)
def test_f1_counts_shared_words(predicted: str, reference: str, f1: float) -> None:
    assert f1_of(predicted, reference) == pytest.approx(f1)


@given(one=st.text("ab "), other=st.text("ab "))
def test_f1_is_the_same_both_ways_and_between_0_and_1(one: str, other: str) -> None:
    assert f1_of(one, other) == pytest.approx(f1_of(other, one))
    assert 0.0 <= f1_of(one, other) <= 1.0


def test_the_best_reference_counts_and_questions_weigh_the_same(cats: Dataset) -> None:
    first = replace(cats.examples[0], answers=("a dog", "the cats", "cats of Anna"))
    second = replace(first, qid="q2", answers=("mats",))
    both = replace(cats, examples=(first, second))
    assert question_scores(both, {"q1": "Cats", "q2": "empty"}).means() == (50.0, 50.0)


def test_a_question_without_an_answer_counts_as_nothing(cats: Dataset) -> None:
    both = replace(cats, examples=(cats.examples[0], replace(cats.examples[0], qid="q2")))
    assert question_scores(both, {"q1": "Anna's cats"}).means() == (50.0, 50.0)
