"""A plain WordPiece loop to compare with: one process, nothing cached.

Written from Devlin et al. 2018, "BERT" (basic tokens, greedy longest-match WordPiece, windows with
"max context"): each question's context is tokenized again, each word looked up piece by piece, and
each token of each window is compared with every window of its context. Text is read character by
character.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from submission.squad.dataset import Example
from submission.squad.features import OWN_TOKENS, FeatureSettings
from submission.squad.vocabulary import (
    MAX_WORD_CHARACTERS,
    SEPARATOR,
    SPECIAL,
    START,
    UNKNOWN,
    Vocabulary,
)
from submission.squad.windows import Window, windows_of
from submission.squad.words import ASCII_PUNCTUATION, CJK, context_words


@dataclass(frozen=True, kw_only=True)
class PlainFeature:
    """One window: padded ids, mask and segments, and which context tokens it knows best."""

    ids: list[int]
    mask: list[int]
    segments: list[int]
    max_context: list[bool]


def plain_features(
    examples: Sequence[Example], vocabulary: Vocabulary, settings: FeatureSettings
) -> list[PlainFeature]:
    """The features of the examples, in their order, padded to ``max_seq_length``."""
    ids = {token: number for number, token in enumerate(vocabulary.tokens)}
    made: list[PlainFeature] = []
    for example in examples:
        question = _ids(example.question, ids)[: settings.max_query_length]
        context = [n for word in context_words(example.context) for n in _ids(word, ids)]
        room = settings.max_seq_length - len(question) - OWN_TOKENS
        windows = windows_of(len(context), room=room, stride=settings.doc_stride)
        for number, window in enumerate(windows):
            inside = context[window.start : window.stop]
            best = [
                _best(windows, position) == number for position in range(window.start, window.stop)
            ]
            made.append(_padded(question, inside, best, ids, settings))
    return made


def _padded(
    question: list[int],
    inside: list[int],
    best: list[bool],
    ids: Mapping[str, int],
    settings: FeatureSettings,
) -> PlainFeature:
    row = [ids[START], *question, ids[SEPARATOR], *inside, ids[SEPARATOR]]
    segments = [0] * (len(question) + 2) + [1] * (len(inside) + 1)
    mask = [1] * len(row)
    while len(row) < settings.max_seq_length:
        row.append(0)
        mask.append(0)
        segments.append(0)
    return PlainFeature(ids=row, mask=mask, segments=segments, max_context=best)


def _ids(text: str, ids: Mapping[str, int]) -> list[int]:
    return [n for word in _basic_tokens(text) for n in _pieces(word, ids)]


def _basic_tokens(text: str) -> list[str]:
    words: list[str] = []
    for token in _cleaned(text).split():
        if token in SPECIAL:
            words.append(token)
            continue
        current = ""
        for char in unicodedata.normalize("NFD", token.lower()):
            category = unicodedata.category(char)
            if category == "Mn":
                continue
            if char in ASCII_PUNCTUATION or category.startswith("P"):
                words.extend(part for part in (current, char) if part)
                current = ""
            else:
                current += char
        words.extend([current] if current else [])
    return words


def _cleaned(text: str) -> str:
    cleaned = ""
    for char in text:
        category = unicodedata.category(char)
        if char in "\t\n\r" or category == "Zs":
            cleaned += " "
        elif any(ord(char) in block for block in CJK):
            cleaned += f" {char} "
        elif not category.startswith("C") and char != "\ufffd":
            cleaned += char
    return cleaned


def _pieces(word: str, ids: Mapping[str, int]) -> list[int]:
    """Greedy longest match from the left; a word that does not fit is unknown as a whole."""
    if word in SPECIAL:
        return [ids[word]]
    found: list[int] = []
    start = 0
    while start < len(word) <= MAX_WORD_CHARACTERS:
        end = len(word)
        while end > start and _piece(word, start, end) not in ids:
            end -= 1
        if end == start:
            return [ids[UNKNOWN]]
        found.append(ids[_piece(word, start, end)])
        start = end
    return found or [ids[UNKNOWN]]


def _piece(word: str, start: int, end: int) -> str:
    return word[start:end] if start == 0 else "##" + word[start:end]


def _best(windows: Sequence[Window], position: int) -> int:
    """The first window that sees most around the token."""
    best, most = 0, -1.0
    for number, window in enumerate(windows):
        if window.start <= position < window.stop:
            around = min(position - window.start, window.stop - 1 - position)
            score = around + 0.01 * window.size
            if score > most:
                best, most = number, score
    return best
