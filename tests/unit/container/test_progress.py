"""The harness' progress lines, in words."""

import json

import pytest

from submission.container.progress import progress_words

RUN = {"phase": "run", "elapsed_s": 5, "expected_s": 20, "answered": 10, "total": 40}


def line(**changes: object) -> str:
    return "PROGRESS " + json.dumps(RUN | changes)


def test_progress_is_a_share_and_words() -> None:
    assert progress_words(line()) == (0.25, "run: 5 of about 20 s, 10 of 40 samples, ends in 15 s")


def test_a_run_that_takes_longer_than_expected_is_not_more_than_whole() -> None:
    assert progress_words(line(elapsed_s=30))[0] == 1.0


def test_without_an_expectation_there_is_no_share() -> None:
    assert progress_words(line(expected_s=None)) == (None, "run: 5 s")


@pytest.mark.parametrize("text", ["PROGRESS nonsense", "PROGRESS {}", "PROGRESS []"])
def test_rubbish_has_no_words(text: str) -> None:
    assert progress_words(text) == (None, "")


def test_other_lines_are_no_progress() -> None:
    assert progress_words("compiling") is None
