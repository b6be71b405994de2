"""The best span of an answer, and F1 over questions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch comes with the group train")

from submission.lab.jpqd.selection import LONGEST_ANSWER, evaluate
from submission.lab.jpqd.windows import collate
from tests.unit.lab.jpqd.tiny import questions, windows


def brute(start: np.ndarray, end: np.ndarray, window: Any) -> tuple[int, int] | None:
    """Every span there is, one by one."""
    best, found = -np.inf, None
    tokens = range(window.segment, len(window.ids) - 1)
    for first in tokens:
        for last in tokens:
            if first <= last < first + LONGEST_ANSWER and start[first] + end[last] > best:
                best, found = start[first] + end[last], (first, last)
    return None if found is None else (window.offsets[found[0]][0], window.offsets[found[1]][1])


@pytest.mark.parametrize("seed", range(3))
def test_the_best_span_is_the_one_that_trying_all_finds(tmp_path: Path, seed: int) -> None:
    """A question whose gold answer is what trying all finds is answered to 100 %."""
    made, chance = windows(tmp_path, 10), np.random.default_rng(seed)
    logits = {w.question: chance.normal(size=(2, len(w.ids))).astype(np.float32) for w in made}
    asked = questions(10)
    gold = []
    for window in made:
        low, high = brute(logits[window.question][0], logits[window.question][1], window)
        gold.append((asked[window.question].context[low:high],))
    order = sorted(made, key=lambda window: len(window.ids))
    rows = iter(order)

    def answer(batch: Any) -> tuple[np.ndarray, np.ndarray]:
        taken = [logits[next(rows).question] for _ in batch.input_ids]
        width = batch.input_ids.shape[1]
        wide = [np.pad(both, ((0, 0), (0, width - both.shape[1]))) for both in taken]
        return np.array([both[0] for both in wide]), np.array([both[1] for both in wide])

    wanted = [
        type(question)(**{**vars(question), "answers": answers})
        for question, answers in zip(asked, gold, strict=True)
    ]
    score = evaluate(answer, made, wanted, size=4)
    assert (score.f1, score.exact_match, score.questions) == (100.0, 100.0, 10)


def test_pointing_at_the_answers_tokens_is_right_and_elsewhere_is_not(tmp_path: Path) -> None:
    made, asked = windows(tmp_path, 12), questions(12)

    def answer(batch: Any, shift: int = 0) -> tuple[np.ndarray, np.ndarray]:
        starts, ends = np.zeros((2, *batch.input_ids.shape), np.float32)
        for row, (first, last) in enumerate(zip(batch.first, batch.last, strict=True)):
            starts[row, first + shift] = ends[row, last + shift] = 9
        return starts, ends

    assert evaluate(answer, made, asked, size=5).exact_match == 100
    wrong = evaluate(lambda batch: answer(batch, -1), made, asked, size=5)
    assert wrong.exact_match == 0
    assert 0 < wrong.f1 < 100


def test_a_question_without_a_window_counts_as_wrong(tmp_path: Path) -> None:
    made = [window for window in windows(tmp_path, 4) if window.question != 2]
    size = collate(made).input_ids.shape

    def answer(batch: Any) -> tuple[np.ndarray, np.ndarray]:
        rows = np.arange(len(batch.first))
        starts, ends = np.zeros((2, *size), np.float32)
        starts[rows, batch.first] = ends[rows, batch.last] = 9
        return starts[: len(rows)], ends[: len(rows)]

    assert evaluate(answer, made, questions(4), size=8).exact_match == 75
