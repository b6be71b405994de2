"""How BERT splits text into words, before the vocabulary is used.

Sources: Devlin et al. 2018, "BERT", its ``BasicTokenizer``; for the words of a context, the
data preparation of the MLPerf v3.0 reference implementation (language/bert). The tables come
from the interpreter's own Unicode database, as the reference's do; the normalizer of the
``tokenizers`` package has an older one (it keeps unassigned code points, misses later accents
and punctuation, and has a hole in CJK extension E).
"""

from __future__ import annotations

import re
import unicodedata

# not \s: a no-break space does not end a word of a context, a narrow no-break space does
_CONTEXT_WORD = re.compile("[^ \t\r\n\u202f]+")
ASCII_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_REPLACEMENT = 0xFFFD  # what decoders put for invalid bytes
CJK = (
    range(0x4E00, 0xA000),
    range(0x3400, 0x4DC0),
    range(0x20000, 0x2A6E0),
    range(0x2A700, 0x2B740),
    range(0x2B740, 0x2B820),
    range(0x2B820, 0x2CEB0),
    range(0xF900, 0xFB00),
    range(0x2F800, 0x2FA20),
)


class _Cleaned(dict[int, str]):
    """Code point -> nothing, a blank, or the character; filled on first use (`str.translate`)."""

    def __missing__(self, code: int) -> str:
        self[code] = text = self._translated(code, chr(code))
        return text

    @staticmethod
    def _translated(code: int, char: str) -> str:
        if char in "\t\n\r":
            return " "
        category = unicodedata.category(char)
        if code == _REPLACEMENT or category.startswith("C"):
            return ""
        if category == "Zs":
            return " "
        return f" {char} " if any(code in block for block in CJK) else char


class _Split(dict[int, str]):
    """Code point -> punctuation set apart, nothing for an accent, or the character.

    ``accents`` keeps accents.
    """

    def __init__(self, *, accents: bool) -> None:
        super().__init__()
        self._accents = accents

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        alone = char in ASCII_PUNCTUATION or category.startswith("P")
        self[code] = text = f" {char} " if alone else self._bare(char, category)
        return text

    def _bare(self, char: str, category: str) -> str:
        return "" if category == "Mn" and not self._accents else char


_CLEANED = _Cleaned()
_SPLIT = _Split(accents=False)
_SPLIT_CASED = _Split(accents=True)


def context_words(context: str) -> list[str]:
    """The words of a context, exactly as written; answers are runs of whole words."""
    return _CONTEXT_WORD.findall(context)


def basic_tokens(
    text: str, keep: frozenset[str] = frozenset(), *, cased: bool = False
) -> list[str]:
    """Words and single punctuation marks, without control characters.

    Words are in lower case and without accents, or ``cased``: as they are written. A word of
    ``keep``, written exactly so between blanks, stays whole and as it is.
    """
    cleaned = text.translate(_CLEANED)
    words = cleaned.split()
    if keep.isdisjoint(words):
        return _parted(cleaned, cased)
    return [token for word in words for token in ([word] if word in keep else _parted(word, cased))]


def _parted(cleaned: str, cased: bool) -> list[str]:
    if cased:
        return cleaned.translate(_SPLIT_CASED).split()
    return unicodedata.normalize("NFD", cleaned.lower()).translate(_SPLIT).split()
