"""A document as Markdown; of a plot it gives what it shows in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from submission.checks import Finding
from submission.checks.reports.document import (
    Block,
    Document,
    Heading,
    Plot,
    Table,
    Text,
    finding_details,
    finding_tag,
)
from submission.checks.reports.text import finding_place

SPECIAL = re.compile(r"([\\`*\[\]<>|~]|(?<!\w)_|_(?!\w))")


def as_markdown(document: Document) -> str:
    """The text; what comes from a tree is escaped, so that none of it becomes markup."""
    return "\n".join(line for block in document for line in (*_lines(block), "")).rstrip() + "\n"


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield f"{'#' * block.level} {_plain(block.text)}"
        case Text():
            yield _plain(block.text)
        case Table():
            yield from _table(block)
        case Plot():
            yield f"### {_plain(block.title)}"
            yield ""
            yield _plain(block.words)
        case Finding():
            _, tag = finding_tag(block)
            title, place = block.definition.title, finding_place(block)
            yield f"- **{_plain(tag)}** {_plain(title)} ({_plain(place)})"
            yield from (f"  - {name}: {_plain(text)}" for name, text in finding_details(block))


def _table(table: Table) -> Iterator[str]:
    yield f"### {_plain(table.caption)}"
    yield ""
    yield f"| {' | '.join(map(_plain, table.head))} |"
    rulers = ("---:" if n in table.numeric else "---" for n in range(len(table.head)))
    yield f"|{'|'.join(rulers)}|"
    for row in table.rows:
        yield f"| {' | '.join(map(_plain, row))} |"


def _plain(text: str) -> str:
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))
