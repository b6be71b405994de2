"""A WordPiece vocabulary, and text as its token ids.

Source: Devlin et al. 2018, "BERT"; the MLPerf v3.0 reference implementation tokenizes with the
``BertTokenizer`` of Hugging Face transformers (pinned to 2.4.0), whose behaviour is kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tokenizers.models import WordPiece

from submission.errors import StageError
from submission.squad.words import basic_tokens

UNKNOWN = "[UNK]"
START = "[CLS]"
SEPARATOR = "[SEP]"
PADDING = "[PAD]"
NEEDED = (PADDING, UNKNOWN, START, SEPARATOR)
SPECIAL = frozenset({*NEEDED, "[MASK]"})
MAX_WORD_CHARACTERS = 100  # BertTokenizer's; a longer word is unknown


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The tokens in the order of their ids; ``sha256`` is that of the file's bytes."""

    tokens: tuple[str, ...]
    sha256: str

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.tokens)}

    @cached_property
    def _pieces(self) -> WordPiece:
        return WordPiece(self._ids, unk_token=UNKNOWN, max_input_chars_per_word=MAX_WORD_CHARACTERS)

    @cached_property
    def _seen(self) -> dict[str, list[int]]:
        return {}

    def id_of(self, token: str) -> int:
        """The id of a token that the vocabulary holds; raises KeyError otherwise."""
        return self._ids[token]

    @property
    def cased(self) -> bool:
        """Whether it is of a cased model: an uncased one has no use for words with capitals."""
        capitals = sum(token != token.lower() for token in self.tokens if token[:1] != "[")
        return capitals > len(self.tokens) / 100

    def ids(self, text: str, *, cased: bool = False) -> list[int]:
        """The token ids of a text, without [CLS] and [SEP] around it.

        ``cased`` keeps capitals and accents (``BertTokenizer`` with ``do_lower_case=False``).

        A special token that the text spells out between blanks, such as " [SEP] ", is that
        token; within a word it is punctuation and letters, as in ``BertTokenizer``.
        """
        return [
            number
            for token in basic_tokens(text, SPECIAL, cased=cased)
            for number in self._piece_ids(token)
        ]

    def _piece_ids(self, token: str) -> list[int]:
        known = self._seen.get(token)
        if known is None:
            # one word at a time, so that the tokenizers package starts no threads
            known = self._seen[token] = [piece.id for piece in self._pieces.tokenize(token)]
        return known


def load_vocabulary(path: Path) -> Vocabulary:
    """Read a ``vocab.txt``: UTF-8, one token a line, the line's number from 0 is its id.

    Raises StageError if it cannot be read or lacks a token that BERT's input needs.
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, str(error)) from error
    tokens = tuple(text.replace("\r\n", "\n").removesuffix("\n").split("\n"))
    missing = [token for token in NEEDED if token not in tokens]
    if missing:
        raise _unusable(path, f"it has no line {missing[0]}")
    if tokens[0] != PADDING:
        raise _unusable(path, f"{PADDING} is not its first line, but inputs are filled with 0")
    return Vocabulary(tokens=tokens, sha256=hashlib.sha256(content).hexdigest())


def _unusable(path: Path, trouble: str) -> StageError:
    return StageError(
        "the vocabulary cannot be used",
        detail=f"{path}: {trouble}",
        hint="use the model's own vocab.txt, one WordPiece token a line",
    )
