"""Makes texts of a tree safe to show: no control characters, bounded length."""

from __future__ import annotations

import re
from collections.abc import Iterable

from submission.errors import nearest

# what moves the cursor, reverses or hides text, or is not allowed in XML: control characters, marks
# of direction, characters of zero width, lone surrogates, noncharacters, tags
_UNSHOWABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
SHOWN_CHARACTERS = 200
COMPARED = 200
"""At most this many known names are compared with an unknown one."""


SHOWN_PLACES = 20
"""Files that a rule names one by one; where more differ something else is wrong."""
SHOWN_DIGITS = 16


def shown(text: object, limit: int = SHOWN_CHARACTERS) -> str:
    r"""``text``, cut at the limit, with what could move the cursor or hide text escaped.

    Bytes of a file name that are not UTF-8 (lone surrogates in Python) are shown as ``\xNN``.
    """
    whole = text if isinstance(text, str) else repr(text)
    cut = whole if len(whole) <= limit else whole[:limit] + "..."
    return cut if cut.isascii() and cut.isprintable() else _UNSHOWABLE.sub(_escape, cut)


def shown_digest(digest: str) -> str:
    """The beginning of a digest, enough to tell two apart."""
    return f"{digest[:SHOWN_DIGITS]}…"


def shown_path(path: str) -> str:
    """A path of the tree, as every report shows it."""
    return shown(path, limit=4096)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # noqa: PLR2004 - surrogateescape
        return f"\\x{code - 0xDC00:02x}"
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(match[0])
    if short or code < 0x100:  # noqa: PLR2004
        return short or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004


def suggested(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` if a known name is similar, ignoring case; else an empty text."""
    words = [word for word in sorted(known)[:COMPARED] if len(word) <= SHOWN_CHARACTERS]
    near = nearest(name, words, cutoff=0.75)
    return f"; did you mean {near!r}?" if near else ""


def listed(names: Iterable[str], most: int = 8) -> str:
    """Names, sorted and separated by commas: the first ``most``, and how many more there are."""
    every = sorted(names)
    text = ", ".join(shown(name) for name in every[:most])
    return text if len(every) <= most else f"{text} and {len(every) - most} more"
