"""Windows of tokens, and batches of them that resume where they stopped."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch comes with the group train")

from submission.lab.jpqd.windows import batches, collate, make_windows
from tests.unit.lab.jpqd.tiny import questions, vocabulary, windows


def test_a_windows_answer_is_the_answers_text(tmp_path: Path) -> None:
    asked = questions(40)
    for window in windows(tmp_path, 40):
        question = asked[window.question]
        low, high = window.offsets[window.first][0], window.offsets[window.last][1]
        assert question.context[low:high] == question.answers[0]


def test_of_a_long_context_each_token_is_in_a_window_and_the_answer_where_it_is_whole(
    tmp_path: Path,
) -> None:
    asked = questions(40)
    made = make_windows(asked, vocabulary(tmp_path), max_length=16, overlap=4)
    assert len(made) > 60
    for number, question in enumerate(asked):
        own = [window for window in made if window.question == number]
        assert {int(end) for w in own for end in w.offsets[w.segment : -1, 1]} >= {
            len(question.context)
        }
        whole = [window for window in own if window.first]
        assert whole
        for window in whole:
            low, high = window.offsets[window.first][0], window.offsets[window.last][1]
            assert question.context[low:high] == question.answers[0]
        for window in (window for window in own if not window.first):
            low, high = window.offsets[window.segment][0], window.offsets[-2][1]
            assert question.start < low or question.stop > high
            assert window.last == 0


@pytest.mark.parametrize("words", [7, 8, 9, 40])
def test_a_question_leaves_more_to_its_context_than_windows_share(
    tmp_path: Path, words: int
) -> None:
    """Of 16 tokens 3 are marks and 5 are context where 4 are shared."""
    asked = [replace(questions(1)[0], text="what " * words)]
    made = make_windows(asked, vocabulary(tmp_path), max_length=16, overlap=4)
    assert {window.segment for window in made} == {2 + min(words, 8)}
    assert max(len(window.ids) for window in made) == 16


def test_what_a_cut_question_keeps_are_its_first_tokens(tmp_path: Path) -> None:
    (one,) = questions(1)
    asked = [replace(one, text=f"word7 {'what ' * words}") for words in (7, 20)]
    made = make_windows(asked, vocabulary(tmp_path), max_length=16, overlap=4)
    whole, cut = ([w.ids.tolist() for w in made if w.question == n] for n in (0, 1))
    assert whole == cut


def test_a_batch_is_padded_to_its_longest_and_marks_the_context(tmp_path: Path) -> None:
    made = windows(tmp_path, 3)
    batch = collate(made)
    assert batch.input_ids.shape == (3, max(len(window.ids) for window in made))
    for row, window in enumerate(made):
        size = len(window.ids)
        assert batch.input_ids[row, :size].tolist() == window.ids.tolist()
        assert batch.input_ids[row, size:].tolist() == [0] * (batch.input_ids.shape[1] - size)
        assert batch.attention_mask[row].sum() == size
        assert batch.token_type_ids[row].sum() == size - window.segment
        assert batch.token_type_ids[row, window.segment - 1] == 0


def rows(made: Any, count: int, **arguments: Any) -> list[list[int]]:
    return [
        [window.question for window in batch] for batch in islice(batches(made, **arguments), count)
    ]


def test_the_same_arguments_give_the_same_batches_and_another_seed_others(tmp_path: Path) -> None:
    made = windows(tmp_path, 30)
    assert rows(made, 9, size=8, seed=5) == rows(made, 9, size=8, seed=5)
    assert rows(made, 9, size=8, seed=5) != rows(made, 9, size=8, seed=6)


@pytest.mark.parametrize("skip", [0, 1, 3, 4, 5, 11])
def test_what_is_skipped_was_there_before(tmp_path: Path, skip: int) -> None:
    made = windows(tmp_path, 30)
    whole = rows(made, 14, size=8, seed=5)
    assert rows(made, 14 - skip, size=8, seed=5, skip=skip) == whole[skip:]


def test_every_window_comes_once_an_epoch_each_epoch_in_another_order(tmp_path: Path) -> None:
    made = windows(tmp_path, 30)
    found = rows(made, 8, size=8, seed=5)
    first, second = found[:4], found[4:]
    for epoch in (first, second):
        assert Counter(row for batch in epoch for row in batch) == Counter(range(30))
    assert first != second


def test_windows_of_like_length_come_together(tmp_path: Path) -> None:
    made = windows(tmp_path, 400)
    padded = sum(
        max(len(window.ids) for window in batch) * len(batch)
        for batch in islice(batches(made, size=8, seed=1), 50)
    )
    real = sum(len(window.ids) for window in made)
    assert real <= padded < 1.05 * real
