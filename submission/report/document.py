"""A report as blocks, before it is worded as HTML or Markdown; both say the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A heading; ``level`` 1 is the title."""

    text: str
    level: int = 2


@dataclass(frozen=True, kw_only=True)
class Text:
    """A paragraph; ``tone`` is empty, ``good``, ``bad`` or ``note``."""

    text: str
    tone: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Cells as text; ``numeric`` are the columns whose cells stand to the right."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Plot:
    """An SVG drawing, and in words what is to be seen on it."""

    title: str
    svg: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Remark:
    """One finding: a tag such as ``error PRF008``, its title, where, and pairs of name and text."""

    tone: str
    tag: str
    title: str
    place: str
    pairs: tuple[tuple[str, str], ...]


Block = Heading | Text | Table | Plot | Remark
Document = tuple[Block, ...]
