"""A document as Markdown; of a plot it gives what it shows in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from submission.checks import Finding
from submission.checks.reports.document import (
    Band,
    Block,
    Document,
    Facts,
    FindingGroup,
    Fold,
    Heading,
    Plot,
    Remedies,
    Table,
    Text,
    cause_details,
    finding_details,
    finding_tag,
    step_values,
    step_words,
)
from submission.checks.reports.text import finding_place
from submission.wording import counted

SPECIAL = re.compile(r"([\\`*\[\]<>|~]|(?<!\w)_|_(?!\w))")


def as_markdown(document: Document) -> str:
    """The text; what comes from a tree is escaped, so that none of it becomes markup."""
    return "\n".join(line for block in document for line in (*_lines(block), "")).rstrip() + "\n"


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Heading() | Text() | Facts() | Band():
            yield from _words(block)
        case Remedies():
            yield from _steps(block)
        case Table():
            yield from _table(block)
        case Plot():
            yield from (f"### {_plain(block.title)}", "", _plain(block.words))
        case FindingGroup():
            yield from _group(block)
        case Fold():
            yield f"## {_plain(block.title)}"
            yield from (line for each in block.blocks for line in ("", *_lines(each)))
        case Finding():
            _, tag = finding_tag(block)
            title, place = block.fault, finding_place(block)
            yield f"- **{_plain(tag)}** {_plain(title)} ({_plain(place)})"
            yield from (f"  - {name}: {_plain(text)}" for name, text in finding_details(block))


def _words(block: Heading | Text | Facts | Band) -> Iterator[str]:
    match block:
        case Heading():
            yield f"{'#' * block.level} {_plain(block.text)}"
        case Text():
            yield _plain(block.text)
        case Facts():
            yield from (f"- {_plain(name)}: {_plain(text)}" for name, text in block.pairs)
        case Band():
            yield f"> **{_plain(block.title)}**"
            yield ">"
            yield from (f"> - {_plain(reason)}" for reason in block.reasons)


def _steps(block: Remedies) -> Iterator[str]:
    yield f"{_plain(block.title)}:"
    yield ""
    for step in block.steps:
        if isinstance(step, str):
            yield f"1. {_plain(step)}"
            continue
        place = _plain(finding_place(step.first))
        rule, words = _plain(step.first.rule), _plain(step_words(step))
        yield f"1. **{rule}** {words} ({place}: {_plain(step_values(step))})"
    if block.more:
        yield from ("", _plain(block.more))


def _group(group: FindingGroup) -> Iterator[str]:
    first = group.first
    _, tag = finding_tag(first)
    places = counted(len(group.findings), "place")
    yield f"- **{_plain(tag)}** {_plain(first.fault)} ({places})"
    yield f"  - fix: {_plain(first.definition.hint)}"
    yield f"  - rule: {_plain(first.definition.reference)}"
    for same in group.causes:
        words = "; ".join(f"{name} {_plain(text)}" for name, text in cause_details(same[0]))
        waived = f"; waived: {_plain(same[0].waived)}" if same[0].waived else ""
        yield f"  - {words}{waived}"
        yield from (f"    - {_plain(finding_place(finding))}" for finding in same)


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
