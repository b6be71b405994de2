"""Spans of tokens back to the words of the context.

Source: Devlin et al. 2018, "BERT", its SQuAD post-processing: the span is widened to whole
words of the context, then cut to what the tokens say wherever both can be aligned character by
character (so that "Smith's" may be answered by "Smith").
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from submission.squad.dataset import Dataset
from submission.squad.features import Features
from submission.squad.span import Span
from submission.squad.words import basic_tokens, context_words

NO_ANSWER = "empty"  # the reference scorer's answer to a question without a valid span


def answer_texts(dataset: Dataset, features: Features, spans: Mapping[int, Span]) -> dict[str, str]:
    """The answer of each question id, in the order of the data set."""
    finder = _Finder(features)
    words: dict[str, list[str]] = {}
    answers: dict[str, str] = {}
    for number, example in enumerate(dataset.examples):
        span = spans.get(number)
        if span is None:
            answers[example.qid] = NO_ANSWER
            continue
        if example.context not in words:
            words[example.context] = context_words(example.context)
        answers[example.qid] = finder.text(span, words[example.context])
    return answers


class _Finder:
    def __init__(self, features: Features) -> None:
        self._features = features
        self._token_offset = _offsets(features.lengths)
        self._word_offset = _offsets(features.lengths - features.segment_starts - 1)

    def text(self, span: Span, words: list[str]) -> str:
        features = self._features
        first_token = self._token_offset[span.feature]
        numbers = features.tokens[first_token + span.first : first_token + span.last + 1]
        tokens = " ".join(features.vocabulary[number] for number in numbers.tolist())
        said = tokens.replace(" ##", "").replace("##", "")
        to_word = self._word_offset[span.feature] - features.segment_starts[span.feature]
        first_word = features.word_index[to_word + span.first]
        last_word = features.word_index[to_word + span.last]
        written = " ".join(words[first_word : last_word + 1])
        return aligned(" ".join(said.split()), written, cased=features.settings.cased)


def _offsets(sizes: NDArray[np.int32]) -> NDArray[np.int64]:
    """The start of each of consecutive runs with these sizes: int64 [n]."""
    ends = np.cumsum(sizes, dtype=np.int64)
    return ends - sizes


def aligned(said: str, written: str, *, cased: bool = False) -> str:
    """The part of ``written`` that ``said`` (blanks between tokens) stands for.

    ``said`` is in lower case unless ``cased``. All of ``written`` if the two cannot be aligned.
    """
    plain = " ".join(basic_tokens(written, cased=cased))
    first = plain.find(said)
    if first == -1 or not said:
        return written
    last = first + len(said) - 1
    written_at = [place for place, char in enumerate(written) if char != " "]
    plain_at = [place for place, char in enumerate(plain) if char != " "]
    if len(written_at) != len(plain_at):
        return written
    return written[written_at[plain_at.index(first)] : written_at[plain_at.index(last)] + 1]
