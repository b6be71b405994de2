"""F1 and exact match over questions that training never sees: they select the best state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from submission.lab.jpqd.corpus import Question
from submission.lab.jpqd.windows import Batch, TrainingWindow, collate
from submission.squad.metric import mean_scores

LONGEST_ANSWER = 30
Logits = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True, kw_only=True)
class SelectionScore:
    """Means in percent over ``questions`` questions."""

    f1: float
    exact_match: float
    questions: int


def evaluate(
    answer: Callable[[Batch], Logits],
    windows: Sequence[TrainingWindow],
    questions: Sequence[Question],
    *,
    size: int,
) -> SelectionScore:
    """Answer every window, take the best span of each question's windows, compare."""
    best: dict[int, tuple[float, str]] = {}
    order = sorted(windows, key=lambda window: len(window.ids))
    for begin in range(0, len(order), size):
        part = order[begin : begin + size]
        starts, ends = answer(collate(part))
        for row, window in enumerate(part):
            found = _best_span(starts[row], ends[row], window)
            if found and found[0] > best.get(window.question, (-np.inf, ""))[0]:
                low, high = found[1]
                best[window.question] = found[0], questions[window.question].context[low:high]
    texts = {number: text for number, (_, text) in best.items()}
    pairs = [(texts.get(n, ""), q.answers) for n, q in enumerate(questions)]
    exact_match, f1 = mean_scores(pairs)
    return SelectionScore(f1=f1, exact_match=exact_match, questions=len(pairs))


def _best_span(
    start: NDArray[Any], end: NDArray[Any], window: TrainingWindow
) -> tuple[float, tuple[int, int]] | None:
    low, high = window.segment, len(window.ids) - 1
    if high <= low:
        return None
    sums = start[low:high, None] + end[None, low:high]
    allowed = np.tril(np.triu(np.ones_like(sums)), LONGEST_ANSWER - 1) > 0
    flat = int(np.where(allowed, sums, -np.inf).argmax())
    first, last = divmod(flat, high - low)
    text = int(window.offsets[low + first, 0]), int(window.offsets[low + last, 1])
    return float(sums[first, last]), text
