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
    """Code point -> nothing for an accent, punctuation set apart, or the character."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        alone = char in ASCII_PUNCTUATION or category.startswith("P")
        self[code] = text = f" {char} " if alone else "" if category == "Mn" else char
        return text


_CLEANED = _Cleaned()
_SPLIT = _Split()


def context_words(context: str) -> list[str]:
    """The words of a context, exactly as written; answers are runs of whole words."""
    return _CONTEXT_WORD.findall(context)


def basic_tokens(text: str, keep: frozenset[str] = frozenset()) -> list[str]:
    """Lower-case words and single punctuation marks, without accents and control characters.

    A word of ``keep``, written exactly so between blanks, stays whole and as it is.
    """
    cleaned = text.translate(_CLEANED)
    words = cleaned.split()
    if keep.isdisjoint(words):
        return _parted(cleaned)
    return [token for word in words for token in ([word] if word in keep else _parted(word))]


def _parted(cleaned: str) -> list[str]:
    return unicodedata.normalize("NFD", cleaned.lower()).translate(_SPLIT).split()
