"""Logits to the best answer span of each question.

Source: Devlin et al. 2018, "BERT", its SQuAD post-processing, as the MLPerf v3.0 reference
scorer does: of each window the ``n_best`` highest starts and ends are paired; a pair counts if
both are context tokens, the start has its maximal context in this window, and the span is
neither backward nor too long. The highest sum of both logits wins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from submission.squad.features import Features


@dataclass(frozen=True, kw_only=True)
class SpanSettings:
    """The defaults are those of the MLPerf BERT benchmark."""

    n_best: int = 20
    max_answer_tokens: int = 30


@dataclass(frozen=True, kw_only=True)
class Span:
    """Tokens ``first`` to ``last`` (inclusive) of a feature."""

    feature: int
    first: int
    last: int


def best_spans(
    features: Features, logits: NDArray[np.float32], settings: SpanSettings
) -> dict[int, Span]:
    """The best span of each example that has one; ``logits`` is [n, max_seq_length, 2].

    Of equal sums the first wins, in the order: window of the question, rank of the start, rank
    of the end; of equal logits the earlier position ranks higher.
    """
    rows = np.arange(len(features))[:, None]
    starts = _ranked(logits[:, :, 0], settings.n_best)
    ends = _ranked(logits[:, :, 1], settings.n_best)
    # the reference adds in double precision
    start_values = logits[rows, starts, 0].astype(np.float64)
    end_values = logits[rows, ends, 1].astype(np.float64)
    sums = start_values[:, :, None] + end_values[:, None, :]
    sums[~_counts(features, starts, ends, settings.max_answer_tokens)] = -np.inf
    flat = sums.reshape(len(features), -1)
    choice = flat.argmax(axis=1)
    start_rank, end_rank = np.divmod(choice, ends.shape[1])
    row = rows[:, 0]
    return _first_best(
        features.example_index.tolist(),
        flat[row, choice].tolist(),
        starts[row, start_rank].tolist(),
        ends[row, end_rank].tolist(),
    )


def _ranked(values: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """Positions of the ``count`` highest values of each row, highest first, stable."""
    ranked: NDArray[np.intp] = np.argsort(-values, axis=1, kind="stable")[:, :count]
    return ranked


def _counts(
    features: Features, starts: NDArray[np.intp], ends: NDArray[np.intp], max_tokens: int
) -> NDArray[np.bool_]:
    """Which pairs are valid spans: bool [n, starts, ends]."""
    rows = np.arange(len(features))[:, None]
    context = features.context_mask()
    may_start = np.zeros_like(context)
    may_start[context] = features.max_context
    gap = ends[:, None, :] - starts[:, :, None]
    inside = may_start[rows, starts][:, :, None] & context[rows, ends][:, None, :]
    counts: NDArray[np.bool_] = inside & (gap >= 0) & (gap < max_tokens)
    return counts


def _first_best(
    examples: list[int], values: list[float], firsts: list[int], lasts: list[int]
) -> dict[int, Span]:
    best: dict[int, float] = {}
    spans: dict[int, Span] = {}
    for feature, (example, value) in enumerate(zip(examples, values, strict=True)):
        if value > best.get(example, -np.inf):
            best[example] = value
            spans[example] = Span(feature=feature, first=firsts[feature], last=lasts[feature])
    return spans
