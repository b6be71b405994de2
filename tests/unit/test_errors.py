"""What a user reads when something stops."""

import pytest

from submission.errors import did_you_mean, nearest, words_of


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("one\n  two\tthree "), "one two three"),
        (ValueError(), "ValueError"),
        (ValueError("a" * 300), "a" * 300),
        (ValueError("a" * 301), "a" * 297 + "..."),
    ],
)
def test_another_librarys_error_is_reported_in_one_short_line(error: Exception, words: str) -> None:
    assert words_of(error) == words


def test_an_unknown_word_gets_the_nearest_known_one_or_all_of_them() -> None:
    assert did_you_mean("ofline", ["Server", "Offline"]) == 'did you mean "Offline"?'
    assert did_you_mean("SERVER", ["Server", "Offline"]) == 'did you mean "Server"?'
    assert did_you_mean("x", ["b", "a"]) == "known: a, b"
    assert nearest("x" * 10_000, ["y"]) is None


def test_two_letters_that_changed_places_are_the_likeliest_slip() -> None:
    assert did_you_mean("MODLE", ["MODE", "MODEL", "MODELS"]) == 'did you mean "MODEL"?'
    assert did_you_mean("OMDE", ["MODE", "MODEL"]) == 'did you mean "MODE"?'
    assert did_you_mean("mode", ["MODE", "mdoe"]) == 'did you mean "MODE"?'
