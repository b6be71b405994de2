"""The interval of a ratio of accuracies, and the file of single scores that it is made of."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submission.squad.bootstrap import Interval, ratio_interval
from submission.squad.metric import mean_scores, single_scores
from submission.squad.question_scores import QuestionScores, read_question_scores


def scores(seed: int, count: int = 400, right: float = 0.7) -> np.ndarray:
    random = np.random.RandomState(seed)
    return np.where(random.random_sample(count) < right, 1.0, random.random_sample(count) * 0.5)


def test_a_model_against_itself_is_exactly_one() -> None:
    assert ratio_interval(scores(1), scores(1)) == Interval(low=1.0, high=1.0)


def test_the_interval_is_the_same_each_time_and_known() -> None:
    found = ratio_interval(scores(1), scores(2))
    assert found == ratio_interval(scores(1), scores(2))
    assert str(found) == "0.895 to 1.011"


def test_pairs_make_it_narrower_than_chance_in_the_questions() -> None:
    """Models that fail at the same questions differ less surely than their means suggest."""
    base = scores(1)
    near = base.copy()
    near[:4] = 0.0
    paired = ratio_interval(near, base)
    apart = ratio_interval(np.roll(near, 200), base)
    assert paired is not None
    assert apart is not None
    assert paired.high - paired.low < (apart.high - apart.low) / 3
    assert paired.high <= 1.0


def test_it_covers_the_true_ratio_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(100):
        own, other = scores(2 * seed, 300, 0.65), scores(2 * seed + 1000, 300, 0.75)
        found = ratio_interval(own, other, resamples=200)
        assert found is not None
        true = (0.65 + 0.35 * 0.25) / (0.75 + 0.25 * 0.25)
        covered += found.low <= true <= found.high
    assert 88 <= covered <= 100


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 1)), min_size=1, max_size=30))
def test_the_ends_are_in_order_and_turn_round_with_the_models(
    pairs: list[tuple[float, float]],
) -> None:
    own, other = (np.array(column) for column in zip(*pairs, strict=True))
    found = ratio_interval(own, other, resamples=100)
    assert found is not None
    assert found.low <= found.high
    assert min(own / other) * 0.999 <= found.low
    assert found.high <= max(own / other) * 1.001


def test_what_has_no_ratio_has_no_interval() -> None:
    nothing = np.zeros(0)
    assert ratio_interval(nothing, nothing) is None
    assert ratio_interval(scores(1), np.zeros(400)) is None
    assert ratio_interval(np.array([1.0, 1.0]), np.array([0.0, 1.0])) is None
    with pytest.raises(ValueError, match="different questions"):
        ratio_interval(scores(1), scores(1, 399))


def questions(*pairs: tuple[str | None, list[str]]) -> QuestionScores:
    exact, f1 = single_scores(pairs)
    return QuestionScores(exact=np.array(exact, np.bool_), f1=np.array(f1, np.float64))


PAIRS = (("the cat", ["a cat", "dog"]), (None, ["x"]), ("red cat", ["blue cat"]))


def test_single_scores_have_the_means_of_the_run() -> None:
    found = questions(*PAIRS)
    assert found.exact.tolist() == [True, False, False]
    assert found.f1.tolist() == [1.0, 0.0, 0.5]
    assert found.means() == mean_scores(PAIRS) == (100 / 3, 50.0)


def test_the_file_gives_back_what_was_saved_in_the_same_bytes(tmp_path: Path) -> None:
    found = questions(*PAIRS)
    found.save(tmp_path / "a.npz")
    found.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    again = read_question_scores(tmp_path / "a.npz")
    assert again is not None
    assert (again.exact.tolist(), again.f1.tolist()) == (found.exact.tolist(), found.f1.tolist())
    assert again.f1_ratio(found) == Interval(low=1.0, high=1.0) or again.f1_ratio(found) is None
    assert again.f1_ratio(questions(*PAIRS[:2])) is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 damaged", b"text"])
def test_a_damaged_file_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    assert read_question_scores(tmp_path / "a.npz") is None
    assert read_question_scores(tmp_path / "missing.npz") is None
    np.savez(tmp_path / "b.npz", exact=np.ones(2), f1=np.ones(2))
    assert read_question_scores(tmp_path / "b.npz") is None
