"""Tables in Markdown: rows by header, with their line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.(\d+))?")
# neither part may hold what begins another link: else it would be tried from every bracket
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
_RULER = "|:- \t"
MOST_LINES = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class TableRow:
    """One row: its line in the text, and (header, cell) pairs."""

    line: int
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A number as written: ``unit`` is one in its last digit."""

    value: float
    unit: float

    def agrees(self, measured: float) -> bool:
        """Whether a measured number, rounded or cut, is written so."""
        return abs(self.value - measured) <= self.unit * 1.000001 + 1e-9 * abs(measured)


def table_rows(text: str) -> Iterator[TableRow]:
    """The rows of every pipe table in a text."""
    lines = text.splitlines()[:MOST_LINES]
    header: list[str] = []
    for number, line in enumerate(lines, 1):
        if "|" not in line:
            header = []
        elif "-" in line and not line.strip(_RULER):
            header = _cells(lines[number - 2]) if number > 1 else []
        elif header:
            yield TableRow(line=number, cells=tuple(zip(header, _cells(line), strict=False)))


def figure(cell: str) -> Figure | None:
    """The number that a cell begins with, None if it begins with none."""
    match = _NUMBER.match(cell)
    if match is None:
        return None
    digits = len(match[1]) if match[1] else 0
    try:
        return Figure(value=float(match[0].replace(",", "")), unit=10.0**-digits)
    except (ValueError, OverflowError):
        return None


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [_plain(cell) for cell in re.split(r"(?<!\\)\|", inner)]


def _plain(cell: str) -> str:
    text = _LINK.sub(r"\1", cell).replace("\\", "")
    return text.strip().strip("`*_ ").strip()
