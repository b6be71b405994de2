"""Questions as token windows with the answer's first and last token, and batches of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import BertWordPieceTokenizer, Encoding

from submission.lab.jpqd.config import question_tokens
from submission.lab.jpqd.corpus import Question

CHUNK = 50  # batches that share one sorting by length: enough to save padding, still at random


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingWindow:
    """One window of a question.

    ``ids`` int32 [t]; ``segment``: index of the context's first token; ``first``, ``last``: the
    answer's tokens, both 0 ([CLS]) if it lies outside; ``offsets`` int32 [t, 2]: characters.
    """

    ids: NDArray[np.int32]
    segment: int
    first: int
    last: int
    question: int
    offsets: NDArray[np.int32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """int64 arrays [batch, length], padded with 0; ``first`` and ``last`` int64 [batch]."""

    input_ids: NDArray[np.int64]
    attention_mask: NDArray[np.int64]
    token_type_ids: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


def make_windows(
    questions: Sequence[Question], vocab: Path, *, max_length: int, overlap: int
) -> list[TrainingWindow]:
    """All windows, in the order of the questions; those of one context share ``overlap`` tokens.

    A question that leaves no more than those to its context is cut at its end.
    """
    tokenizer = BertWordPieceTokenizer(str(vocab), lowercase=True)
    limit = question_tokens(max_length, overlap)
    asked = _within([question.text for question in questions], tokenizer, limit)
    tokenizer.enable_truncation(max_length, stride=overlap, strategy="only_second")
    pairs = list(zip(asked, (question.context for question in questions), strict=True))
    found: list[TrainingWindow] = []
    for number, encoding in enumerate(tokenizer.encode_batch(pairs)):
        parts = (encoding, *encoding.overflowing)
        found.extend(_window(part, questions[number], number) for part in parts)
    return found


def _within(texts: Sequence[str], tokenizer: BertWordPieceTokenizer, limit: int) -> list[str]:
    """The texts, each up to its ``limit``-th token."""
    found = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return [
        text if len(encoding.ids) <= limit else text[: encoding.offsets[limit][0]]
        for text, encoding in zip(texts, found, strict=True)
    ]


def _window(encoding: Encoding, question: Question, number: int) -> TrainingWindow:
    types = encoding.type_ids
    segment = types.index(1)
    first = last = 0
    for place in range(segment, len(types) - 1):
        start, stop = encoding.offsets[place]
        if start <= question.start < stop:
            first = place
        if start < question.stop <= stop:
            last = place
    if not first or last < first:
        first = last = 0
    return TrainingWindow(
        ids=np.array(encoding.ids, dtype=np.int32),
        segment=segment,
        first=first,
        last=last,
        question=number,
        offsets=np.array(encoding.offsets, dtype=np.int32),
    )


def collate(windows: Sequence[TrainingWindow], *, length: int | None = None) -> Batch:
    """Pad windows to ``length`` tokens, by default to the longest of them."""
    length = length or longest(windows)
    shape = (len(windows), length)
    ids, mask, types = (np.zeros(shape, np.int64) for _ in range(3))
    for row, window in enumerate(windows):
        size = len(window.ids)
        ids[row, :size] = window.ids
        mask[row, :size] = 1
        types[row, window.segment : size] = 1
    return Batch(
        input_ids=ids,
        attention_mask=mask,
        token_type_ids=types,
        first=np.array([window.first for window in windows], np.int64),
        last=np.array([window.last for window in windows], np.int64),
    )


def longest(windows: Sequence[TrainingWindow]) -> int:
    """Tokens of the longest window."""
    return max(len(window.ids) for window in windows)


def batches(
    windows: Sequence[TrainingWindow], *, size: int, seed: int, skip: int = 0
) -> Iterator[list[TrainingWindow]]:
    """Batches without end, epoch after epoch; the same for the same arguments.

    Windows of like length come together within a chunk of batches; ``skip`` batches are left out,
    so that a run can resume.
    """
    epoch = 0
    while True:
        for rows in _epoch([len(window.ids) for window in windows], size, seed + epoch):
            if skip:
                skip -= 1
                continue
            yield [windows[row] for row in rows]
        epoch += 1


def _epoch(lengths: Sequence[int], size: int, seed: int) -> list[list[int]]:
    random = np.random.default_rng(seed)
    order = random.permutation(len(lengths)).tolist()
    found = []
    for begin in range(0, len(order), size * CHUNK):
        chunk = sorted(order[begin : begin + size * CHUNK], key=lengths.__getitem__)
        found += [chunk[place : place + size] for place in range(0, len(chunk), size)]
    return [found[place] for place in random.permutation(len(found))]
