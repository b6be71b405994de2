"""The harness' progress lines, in words."""

import json

import pytest

from submission.container.progress import progress_words

RUN = {"phase": "run", "elapsed_s": 5, "expected_s": 20, "answered": 10, "total": 40}


def line(**changes: object) -> str:
    return "PROGRESS " + json.dumps(RUN | changes)


def test_progress_is_a_share_and_words() -> None:
    assert progress_words(line()) == (0.25, "run 10/40, 2/s, 15 s left")


def test_a_run_that_takes_longer_than_expected_is_not_more_than_whole() -> None:
    assert progress_words(line(elapsed_s=30))[0] == 1.0


def test_before_the_first_answer_there_is_no_rate() -> None:
    assert progress_words(line(answered=0, elapsed_s=0)) == (0.0, "run 0/40, 20 s left")


def test_an_expectation_that_passed_before_the_first_answer_is_none() -> None:
    first = line(phase="compile", elapsed_s=0.1, expected_s=0.1, answered=0, total=0)
    assert progress_words(first) == (None, "compile 0")
    assert progress_words(line(answered=0, elapsed_s=30)) == (None, "run 0/40")


def test_without_an_expectation_there_is_no_share() -> None:
    assert progress_words(line(expected_s=None)) == (None, "run 10/40, 2/s")


@pytest.mark.parametrize("text", ["PROGRESS nonsense", "PROGRESS {}", "PROGRESS []"])
def test_rubbish_has_no_words(text: str) -> None:
    assert progress_words(text) == (None, "")


def test_other_lines_are_no_progress() -> None:
    assert progress_words("compiling") is None
