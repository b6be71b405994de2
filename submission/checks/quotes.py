"""The lines of files that findings are about, quoted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

from submission.checks.findings import Finding
from submission.checks.words import shown
from submission.loadgen.reading import opened

Quotes = Mapping[tuple[str, int], str]
"""(path, line) -> the line, safe to show."""

QUOTE_CHARACTERS = 300
# what one line, and all lines before the last that is quoted, may take to read
LINE_BYTES = 1 << 16
FURTHEST_LINE = 200_000


def quoted_lines(root: Path, findings: Iterable[Finding]) -> Quotes:
    """The line of each finding that names one; without those that cannot be read."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for finding in findings:
        if finding.line is not None and 0 < finding.line <= FURTHEST_LINE:
            wanted[finding.path].add(finding.line)
    return {
        (path, line): text
        for path, lines in wanted.items()
        for line, text in _lines(root / path, lines).items()
    }


def _lines(path: Path, wanted: set[int]) -> dict[int, str]:
    try:
        with opened(path) as raw:
            stream = iter(lambda: raw.readline(LINE_BYTES), b"")
            numbered = enumerate(islice(stream, max(wanted)), 1)
            found = {number: line for number, line in numbered if number in wanted}
    except OSError:
        return {}
    return {n: shown(_text(line), QUOTE_CHARACTERS) for n, line in found.items()}


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").strip()
