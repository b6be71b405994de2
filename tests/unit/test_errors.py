"""What a user reads when something stops."""

import pytest

from submission.errors import words_of


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("one\n  two\tthree "), "one two three"),
        (ValueError(), "ValueError"),
        (ValueError("a" * 300), "a" * 300),
        (ValueError("a" * 301), "a" * 297 + "..."),
    ],
)
def test_another_librarys_error_is_told_in_one_short_line(error: Exception, words: str) -> None:
    assert words_of(error) == words
