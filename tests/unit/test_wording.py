import pytest

from submission.wording import counted, first_of, listed_words, significant


@pytest.mark.parametrize(("count", "words"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs")])
def test_a_count_agrees_with_its_noun(count: int, words: str) -> None:
    assert counted(count, "run") == words


@pytest.mark.parametrize(
    ("count", "words"), [(0, ""), (1, "0"), (2, "0, 1"), (3, "0, 1 and 1 more")]
)
def test_a_long_list_is_cut_and_says_how_much_is_left(count: int, words: str) -> None:
    assert first_of(range(count), 2) == words


def test_items_with_commas_in_them_may_have_another_separator() -> None:
    assert first_of(["a, b", "c", "d"], 1, separator="; ") == "a, b; and 2 more"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (244.0, "244.0"),
        (1369.9, "1370"),
        (14.7725, "14.77"),
        (0.012345, "0.01235"),
        (99.996, "100.0"),
        (278123.4, "278100"),
        (0.0, "0"),
        (-2.5, "-2.500"),
        (float("inf"), "inf"),
    ],
)
def test_a_figure_has_four_significant_digits(value: float, words: str) -> None:
    assert significant(value) == words


@pytest.mark.parametrize(
    ("names", "words"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_names_are_listed_with_an_and(names: list[str], words: str) -> None:
    assert listed_words(names) == words
