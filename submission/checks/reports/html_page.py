"""A document as one page of HTML without any other file: no script, no font, no picture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from submission.checks.findings import Finding
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
    anchor,
    cause_details,
    check_document,
    finding_details,
    finding_tag,
    step_values,
    step_words,
)
from submission.checks.reports.style import STYLE
from submission.checks.reports.text import finding_place
from submission.checks.results import Report
from submission.wording import counted

KEPT_TOGETHER = 32
"""Characters of a cell that is one line on a wide page, at most."""

SHOWN_PLACES = 4
"""More places of one cause are folded away."""

SHORT_WORD = 22
"""Characters of a word that stays on one line, however narrow the page."""

LONG_WORD = 40
"""Characters of a word that stays on one line where it fits; a longer one is a path."""

# as entities: what cannot be seen in a page would be taken for a tree's trick
NO_BREAK_SPACE, WORD_JOINER = "&nbsp;", "&#8288;"
_BREAKS = re.compile(r"(?<=[/_@-])(?=[^\s/_@-])")
_PATH_PARTS = re.compile(r"(?:\A…/+)?[^/]*/+|[^/]+")
_BLANKS = re.compile(r"([^\S\N{NO-BREAK SPACE}]+)")
# a target of make with its settings, a tool with its options, or settings alone
_SETTING = r"[A-Z][A-Z_]{2,}=[^\s,;)]*[^\s,;:.)]"
_COMMAND = re.compile(
    rf"(\bmake (?:submission|sign|report|check|plan|status)\b(?: {_SETTING})*"
    rf"|\btools/\w+\.py(?: --?[a-z-]+| [A-Z]+\b)*|\b{_SETTING})"
)
_UNITS = re.compile(
    r"(?<=\d) (?=%|queries/s|samples/s|ms\b|other |error|warning|note|result)|(?<=F1) (?=\d)"
)


def render_html(report: Report) -> str:
    """The page of a check."""
    return as_page(check_document(report))


def as_page(document: Document) -> str:
    """The page; every text of a tree is escaped."""
    title = next(block.text for block in document if isinstance(block, Heading))
    head = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<link rel="icon" href="data:,">',
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>",
    ]
    return "\n".join([*head, *_body(document), "</main></body></html>"]) + "\n"


def _body(document: Document) -> Iterator[str]:
    for drawn, blocks in groupby(document, key=lambda block: isinstance(block, Plot)):
        if drawn:
            yield '<div class="plots">'
        for block in blocks:
            yield from _block(block)
        if drawn:
            yield "</div>"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading() | Text() | Band() | Finding():
            yield _words(block)
        case Facts():
            yield from _facts(block)
        case Remedies():
            yield from _steps(block)
        case Table():
            yield from _table(block)
        case Plot():
            yield from _plot(block)
        case FindingGroup():
            yield from _group(block)
        case Fold():
            yield from _fold(block)


def _fold(block: Fold) -> Iterator[str]:
    yield f'<details class="fold"><summary><h2>{_broken(block.title)}</h2></summary>'
    yield from _body(block.blocks)
    yield "</details>"


def _words(block: Heading | Text | Band | Finding) -> str:
    match block:
        case Heading():
            return f"<h{block.level}>{_broken(block.text)}</h{block.level}>"
        case Text():
            tone = f' class="{block.tone}"' if block.tone else ""
            return f"<p{tone}>{_broken(block.text)}</p>"
        case Band():
            reasons = "".join(f"<li>{_said(reason)}</li>" for reason in block.reasons)
            listed = f"<ul>{reasons}</ul>" if reasons else ""
            return f'<div class="band" role="note"><b>{_broken(block.title)}</b>{listed}</div>'
        case Finding():
            return _finding(block)


def _facts(facts: Facts) -> Iterator[str]:
    yield '<dl class="facts">'
    for name, text in facts.pairs:
        tone = facts.tones.get(text)
        attribute = f' class="{tone}"' if tone else ""
        yield f"<dt>{_broken(name)}</dt><dd{attribute}>{_said(text)}</dd>"
    yield "</dl>"


def _steps(block: Remedies) -> Iterator[str]:
    tone = f" {block.tone}" if block.tone else ""
    yield f'<div class="steps{tone}"><b>{_broken(block.title)}</b><ol>'
    for step in block.steps:
        if isinstance(step, str):
            yield f"<li>{_said(step)}</li>"
            continue
        rule, place = step.first.rule, _broken(finding_place(step.first))
        link = f'<a href="#{anchor(rule, block.tree)}">{escape(rule)}</a>'
        values = f"<small>{_broken(step_values(step))}</small>"
        yield f"<li>{link} {_said(step_words(step))} <code>{place}</code>{values}</li>"
    more = f"<p>{escape(block.more)}</p>" if block.more else ""
    yield f"</ol>{more}</div>"


def _table(table: Table) -> Iterator[str]:
    cards = " cards" if table.cards else ""
    label = escape(table.caption)
    yield f'<div class="scroll{cards}" role="region" tabindex="0" aria-label="{label}"><table>'
    yield f"<caption>{_broken(table.caption)}</caption>"
    yield f"<thead>{_head(table)}</thead><tbody>"
    yield from (_row(table, row) for row in table.rows)
    yield "</tbody></table></div>"


def _head(table: Table) -> str:
    cells = (
        f'<th scope="col"{_class(table, number, "")}>{_broken(name)}</th>'
        for number, name in enumerate(table.head)
    )
    return f"<tr>{''.join(cells)}</tr>"


def _row(table: Table, row: Sequence[str]) -> str:
    inner = []
    for number, cell in enumerate(row):
        if number == 0:
            kept = ' class="k"' if len(cell) <= KEPT_TOGETHER else ""
            inner.append(f'<th scope="row"{kept}>{_cell(cell)}</th>')
            continue
        # a card has no head above it: each cell carries the name of its column
        name = WORD_JOINER.join(map(escape, _BREAKS.split(table.head[number])))
        label = f' data-label="{name}"' if table.cards else ""
        text = _cell(cell)
        if table.cards and "<" in text:
            text = f"<span>{text}</span>"  # else a card would space out the parts of the text
        inner.append(f"<td{_class(table, number, cell)}{label}>{text}</td>")
    return f"<tr>{''.join(inner)}</tr>"


def _cell(text: str) -> str:
    # a place to break would be used even where the line is kept together
    return _broken(text, "" if len(text) <= KEPT_TOGETHER else "<wbr>")


def _class(table: Table, number: int, cell: str) -> str:
    # a verdict may be followed by its reasons
    tone = table.tones.get(cell) or table.tones.get(cell.partition(":")[0])
    kept = "k" if cell and len(cell) <= KEPT_TOGETHER else ""
    classes = " ".join(filter(None, ("n" * (number in table.numeric), tone, kept)))
    return f' class="{classes}"' if classes else ""


def _plot(plot: Plot) -> Iterator[str]:
    words = escape(f"{plot.title}. {plot.words}")
    yield f'<figure><div role="img" aria-label="{words}">{plot.svg}</div>'
    yield f"<figcaption><b>{_broken(plot.title)}</b>{_broken(plot.words)}</figcaption></figure>"


def _group(group: FindingGroup) -> Iterator[str]:
    first = group.first
    tone, tag = finding_tag(first)
    count = counted(len(group.findings), "place")
    place = f' id="{anchor(first.rule, group.tree)}"' if first.waived is None else ""
    yield f"<details{place}{' open' if first.rejects else ''}><summary>"
    yield f'<span class="tag {tone}">{escape(tag)}</span> {_broken(first.fault)}'
    yield f' <span class="count">{count}</span></summary>'
    yield f'<p class="fix"><b>Fix:</b> {_broken(first.definition.hint)}</p>'
    for same in group.causes:
        yield '<div class="cause">'
        yield from _places(same)
        details = [*cause_details(same[0])]
        if same[0].waived:
            details.append(("waived", same[0].waived))
        yield _details(details)
        yield "</div>"
    yield f'<p class="note">Rule: {_broken(first.definition.reference)}</p></details>'


def _places(same: Sequence[Finding]) -> Iterator[str]:
    places = [f"<li><code>{_broken(finding_place(each))}</code></li>" for each in same]
    yield f"<ul>{''.join(places[:SHOWN_PLACES])}</ul>"
    if len(places) > SHOWN_PLACES:
        more = counted(len(places) - SHOWN_PLACES, "more place")
        rest = "".join(places[SHOWN_PLACES:])
        yield f"<details><summary>and {more}</summary><ul>{rest}</ul></details>"


def _finding(finding: Finding) -> str:
    tone, tag = finding_tag(finding)
    summary = (
        f'<span class="tag {tone}">{escape(tag)}</span> {_broken(finding.fault)} '
        f"<code>{_broken(finding_place(finding))}</code>"
    )
    state = " open" if finding.rejects else ""
    inner = _details(finding_details(finding))
    return f"<details{state}><summary>{summary}</summary>{inner}</details>"


def _details(pairs: Sequence[tuple[str, str]]) -> str:
    rows = (f"<dt>{escape(name)}</dt><dd>{_broken(text)}</dd>" for name, text in pairs)
    return f"<dl>{''.join(rows)}</dl>"


def _broken(text: str, mark: str = "<wbr>") -> str:
    """Escaped text whose long names may break at ``mark``, behind a slash or a hyphen.

    ``samples/s`` and other short words are kept on one line: a browser would break them as well.
    Longer ones break only where they are wider than their place; paths break behind a slash.
    A number is kept beside its unit.
    """
    kept = _UNITS.sub("\N{NO-BREAK SPACE}", text)
    return "".join(_word(word, mark) for word in _BLANKS.split(kept))


def _said(text: str) -> str:
    """The kit's own words as ``_broken`` sets them, with its commands as code."""
    parts = [_broken(part) for part in _COMMAND.split(text)]
    parts[1::2] = [f'<code class="cmd">{part}</code>' for part in parts[1::2]]
    return "".join(parts)


def _word(word: str, mark: str) -> str:
    if len(word) > LONG_WORD and "/" in word:
        # a path breaks behind a slash, and inside a name only where the name is wider than a line
        return mark.join(_name(part, mark) for part in _PATH_PARTS.findall(word))
    return _name(word, mark)


def _name(word: str, mark: str) -> str:
    kept = escape(word).replace("\N{NO-BREAK SPACE}", NO_BREAK_SPACE)
    parts = _BREAKS.split(kept)
    if len(parts) == 1 or len(word) > LONG_WORD:
        return mark.join(parts)
    if len(word) <= SHORT_WORD:
        return f'<span class="w">{"".join(parts)}</span>'
    return f'<span class="l">{mark.join(parts)}</span>' if mark else "".join(parts)
