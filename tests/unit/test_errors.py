"""What a user reads when something stops."""

import pytest

from submission.errors import words_of


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("one\n  two\tthree "), "one two three"),
        (ValueError(), "ValueError"),
        (ValueError("a" * 200), "a" * 200),
        (ValueError("a" * 201), "a" * 197 + "..."),
    ],
)
def test_another_librarys_error_is_told_in_one_short_line(error: Exception, words: str) -> None:
    assert words_of(error) == words
