"""What a person adds to a README: where it stands, and what it may not look like.

Notes come last, under a heading of their own. They may not look like what the kit writes from
measurements: who reads them must be able to tell the two apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from submission.tree.texts.labels import EXACT_MATCH, F1, HASH, SEEN_RESULTS

HEADING = "## Notes of the submitter"
_HEADING = re.compile(r" {0,3}#{1,2}(\s|$)")
_UNDERLINED = re.compile(r" {0,3}(=+|-+)\s*$")
_TABLE = re.compile(r"[ >]*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")
_HTML = re.compile(r"<(!--|/?[A-Za-z])")
_LINK = re.compile(r"<(https?://|mailto:)[^<>\s]*>")
_LABELS = {
    F1,
    EXACT_MATCH,
    HASH,
    *(label for labels in SEEN_RESULTS.values() for label in labels.values()),
}
_OUTPUT = re.compile(
    rf"[\s>*_`+-]*({'|'.join(map(re.escape, sorted(_LABELS)))})[\s*_`]*[:=][\s*_`]*[\da-f]"
)
#: words that a table of results has; tables of other things are welcome
_RESULT = re.compile(
    r"\b(f1|exact match|samples/s|queries/s|qps|samples per second|queries per second|latency|"
    r"throughput|accuracy|sparsity|offline|server|speed-?up|vs reference)\b",
    re.IGNORECASE,
)


def with_notes(text: str, notes: str) -> str:
    """The text with a person's notes at its end; without any it is left as it is."""
    own = notes.strip()
    return f"{text.rstrip()}\n\n{HEADING}\n\n{own}\n" if own else text


def split_notes(text: str) -> tuple[str, str]:
    """The text as it was rendered, and the notes at its end."""
    head, mark, notes = text.partition(f"\n\n{HEADING}\n\n")
    return (f"{head}\n", notes) if mark else (text, "")


def faults(notes: str) -> Iterator[str]:
    """What notes have in them that looks like the kit's own text, with the number of the line."""
    lines = notes.splitlines()
    for number, line in enumerate(lines, 1):
        before = lines[number - 2] if number > 1 else ""
        if _HEADING.match(line) or (before.strip() and _UNDERLINED.match(line)):
            yield f"line {number}: a heading above the third level"
        elif before.strip() and "|" in before + line and _TABLE.match(line):
            if _RESULT.search(_table(lines, number - 2)):
                yield f"line {number}: a table of results"
        elif _HTML.search(_LINK.sub("", line)):
            yield f"line {number}: HTML"
        elif _OUTPUT.match(line):
            yield f"line {number}: an output"


def _table(lines: list[str], start: int) -> str:
    """The lines of a table from its head on."""
    end = start
    while end < len(lines) and lines[end].strip():
        end += 1
    return "\n".join(lines[start:end])
