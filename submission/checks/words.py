"""Texts that came out of a tree, made safe to show: no control characters, bounded length."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

# What moves a cursor, turns or hides text, or may stand in no XML: controls, marks of direction and
# of width nothing, lone surrogates, noncharacters, tags
_UNSHOWABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
SHOWN_CHARACTERS = 200
COMPARED = 200
"""Among so many known words the nearest is looked for."""


def shown(text: object, limit: int = SHOWN_CHARACTERS) -> str:
    r"""``text`` with everything that could move a cursor or hide a name escaped; cut at the limit.

    Bytes of a file name that are not UTF-8 come as lone surrogates and are shown as ``\xNN``.
    """
    whole = text if isinstance(text, str) else repr(text)
    cut = whole if len(whole) <= limit else whole[:limit] + "..."
    return cut if cut.isascii() and cut.isprintable() else _UNSHOWABLE.sub(_escape, cut)


def shown_path(path: str) -> str:
    """A path of the tree as it appears in every output."""
    return shown(path, limit=4096)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # noqa: PLR2004 - how Python carries undecodable bytes
        return f"\\x{code - 0xDC00:02x}"
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(match[0])
    if short or code < 0x100:  # noqa: PLR2004
        return short or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` where a known name is close, whatever its case, else nothing."""
    words = [word for word in sorted(known)[:COMPARED] if len(word) <= SHOWN_CHARACTERS]
    folded = {word.casefold(): word for word in reversed(words)}
    near = difflib.get_close_matches(name[:100].casefold(), folded, n=1, cutoff=0.75)
    return f"; did you mean {folded[near[0]]!r}?" if near else ""


def listed(names: Iterable[str], most: int = 8) -> str:
    """Names for a person, sorted; a long list is cut and its size told."""
    every = sorted(names)
    text = ", ".join(shown(name) for name in every[:most])
    return text if len(every) <= most else f"{text} and {len(every) - most} more"
