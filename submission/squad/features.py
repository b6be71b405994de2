"""BERT inputs of a data set, exactly those of the MLPerf v3.0 reference implementation.

The order of the features is also LoadGen's: sample index = feature index. A feature is one
window of one question: ``[CLS] question [SEP] context tokens [SEP]``. Arrays are ragged: the
values of feature 0, then those of feature 1, without padding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from submission.errors import StageError
from submission.squad.dataset import Dataset, Example
from submission.squad.samples import Samples
from submission.squad.vocabulary import SEPARATOR, START, Vocabulary
from submission.squad.windows import Window, max_context, windows_of
from submission.squad.words import context_words
from submission.terms import MAX_SEQ_LENGTH

OWN_TOKENS = 3  # [CLS] and two [SEP]


@dataclass(frozen=True, kw_only=True)
class FeatureSettings:
    """Sizes in tokens, and whether words keep their case; the defaults are the benchmark's."""

    max_seq_length: int = MAX_SEQ_LENGTH
    doc_stride: int = 128
    max_query_length: int = 64
    cased: bool = False

    def to_json(self) -> dict[str, Any]:
        """The sizes; ``cased`` only where it is set, so that other files stay as they were."""
        value = asdict(self)
        return value if self.cased else {k: v for k, v in value.items() if k != "cased"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Features(Samples):
    """The inputs of a model, and what scoring needs to find words again.

    With n features and c = sum(lengths - segment_starts - 1) context tokens: ``example_index`` and
    ``doc_span_index`` int32 [n]; ``word_index`` int32 [c], of the context's words; ``max_context``
    bool [c]. The context of a feature begins with segment 1.
    """

    example_index: NDArray[np.int32]
    doc_span_index: NDArray[np.int32]
    word_index: NDArray[np.int32]
    max_context: NDArray[np.bool_]
    vocabulary: tuple[str, ...]
    settings: FeatureSettings
    dataset_sha256: str
    vocab_sha256: str

    def some(self, indices: Sequence[int]) -> Features:
        """These features alone, in this order; raises IndexError for one that does not exist."""
        order = list(indices)
        inputs = super().some(order)
        ends = np.cumsum(self.lengths - self.segment_starts - 1)[:-1]
        words, flags = np.split(self.word_index, ends), np.split(self.max_context, ends)
        return replace(
            self,
            lengths=inputs.lengths,
            tokens=inputs.tokens,
            segment_starts=inputs.segment_starts,
            example_index=self.example_index[order],
            doc_span_index=self.doc_span_index[order],
            word_index=np.concatenate([words[index] for index in order]),
            max_context=np.concatenate([flags[index] for index in order]),
        )

    def context_mask(self) -> NDArray[np.bool_]:
        """[n, max_seq_length]: which positions are context tokens."""
        position = np.arange(self.settings.max_seq_length)
        after = position >= self.segment_starts[:, None]
        mask: NDArray[np.bool_] = after & (position < self.lengths[:, None] - 1)
        return mask


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One feature; ``words`` and ``flags`` belong to its context tokens, from ``start`` on."""

    example: int
    span: int
    start: int
    tokens: NDArray[np.int32]
    words: NDArray[np.int32]
    flags: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class _Context:
    tokens: NDArray[np.int32]
    words: NDArray[np.int32]


def make_features(
    dataset: Dataset, vocabulary: Vocabulary, settings: FeatureSettings | None = None
) -> Features:
    """All features of a data set, in its order; raises StageError for impossible sizes."""
    sizes = settings or FeatureSettings()
    if sizes.max_query_length + OWN_TOKENS >= sizes.max_seq_length or sizes.doc_stride < 1:
        raise StageError(
            "the sizes of the features leave no tokens for a context",
            detail=", ".join(f"{name} {value}" for name, value in sizes.to_json().items()),
            hint="max_seq_length holds the question, 3 tokens and context; doc_stride is 1 or more",
        )
    rows = list(_Maker(vocabulary, sizes).rows(dataset.examples))
    if not rows:
        raise StageError(
            "the data set has no features",
            detail="no context of it has a single token",
            hint="give a data set with texts to read",
        )
    return _joined(rows, dataset, vocabulary, sizes)


class _Maker:
    def __init__(self, vocabulary: Vocabulary, settings: FeatureSettings) -> None:
        self._vocabulary = vocabulary
        self._settings = settings
        self._contexts: dict[str, _Context] = {}
        self._words: dict[str, list[int]] = {}

    def rows(self, examples: tuple[Example, ...]) -> Iterator[_Row]:
        for number, example in enumerate(examples):
            yield from self._rows_of(number, example)

    def _rows_of(self, number: int, example: Example) -> Iterator[_Row]:
        context = self._context(example.context)
        question = self._vocabulary.ids(example.question, cased=self._settings.cased)[
            : self._settings.max_query_length
        ]
        room = self._settings.max_seq_length - len(question) - OWN_TOKENS
        windows = windows_of(len(context.tokens), room=room, stride=self._settings.doc_stride)
        end = self._vocabulary.id_of(SEPARATOR)
        head = np.array([self._vocabulary.id_of(START), *question, end], dtype=np.int32)
        tail = np.array([end], dtype=np.int32)
        flags = max_context(windows)
        for span, window in enumerate(windows):
            inside = _slice(window)
            yield _Row(
                example=number,
                span=span,
                start=len(head),
                tokens=np.concatenate([head, context.tokens[inside], tail]),
                words=context.words[inside],
                flags=flags[span],
            )

    def _context(self, text: str) -> _Context:
        known = self._contexts.get(text)
        if known is None:
            pieces = [self._word_ids(word) for word in context_words(text)]
            sizes = [len(ids) for ids in pieces]
            known = self._contexts[text] = _Context(
                tokens=np.array([number for ids in pieces for number in ids], dtype=np.int32),
                words=np.repeat(np.arange(len(pieces), dtype=np.int32), sizes),
            )
        return known

    def _word_ids(self, word: str) -> list[int]:
        known = self._words.get(word)
        if known is None:
            known = self._words[word] = self._vocabulary.ids(word, cased=self._settings.cased)
        return known


def _slice(window: Window) -> slice:
    return slice(window.start, window.stop)


def _joined(
    rows: list[_Row], dataset: Dataset, vocabulary: Vocabulary, settings: FeatureSettings
) -> Features:
    small = len(vocabulary.tokens) <= np.iinfo(np.uint16).max + 1
    tokens = np.concatenate([row.tokens for row in rows])
    return Features(
        lengths=_int32(len(row.tokens) for row in rows),
        tokens=tokens.astype(np.uint16) if small else tokens,
        segment_starts=_int32(row.start for row in rows),
        example_index=_int32(row.example for row in rows),
        doc_span_index=_int32(row.span for row in rows),
        word_index=np.concatenate([row.words for row in rows]),
        max_context=np.concatenate([row.flags for row in rows]),
        vocabulary=vocabulary.tokens,
        settings=settings,
        dataset_sha256=dataset.sha256,
        vocab_sha256=vocabulary.sha256,
    )


def _int32(values: Iterator[int]) -> NDArray[np.int32]:
    return np.fromiter(values, dtype=np.int32)
