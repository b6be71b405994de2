"""A document as one page of HTML without any other file: no script, no font, no picture."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby

from submission.checks.findings import Finding
from submission.checks.reports.document import (
    Block,
    Document,
    Heading,
    Plot,
    Table,
    Text,
    check_document,
    finding_details,
    finding_tag,
)
from submission.checks.reports.text import finding_place
from submission.checks.results import Report

STYLE = """
:root{color-scheme:light dark;--ink:#1d2126;--soft:#5a626b;--paper:#fff;--line:#d8dde3;
--band:#f3f5f7;--good:#17692c;--bad:#a61b1b;--warn:#855400;
--s0:#0b6bb8;--s1:#c2500a;--s2:#0f7d5c;--s3:#a3408a;--s4:#8a6a00;--s5:#5a4fc4;--s6:#b3243f;
--s7:#4d5661}
@media(prefers-color-scheme:dark){:root{--ink:#e3e7eb;--soft:#a4adb7;--paper:#15181c;
--line:#3a424b;--band:#20252b;--good:#6fd08c;--bad:#ff8f8f;--warn:#e5b25d;
--s0:#62b0f0;--s1:#f0935a;--s2:#52c9a1;--s3:#e08bcb;--s4:#d6b545;--s5:#a9a1f7;--s6:#f27d92;
--s7:#b3bcc7}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem 1.25rem 3rem;max-width:72rem;background:var(--paper);
color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
h1{font-size:1.5rem;line-height:1.25;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.2rem 0 .6rem;overflow-wrap:anywhere}
p{max-width:65ch;margin:.5rem 0;overflow-wrap:anywhere}
.note{color:var(--soft);font-size:.9rem}.good,.bad{font-weight:600}
.good{color:var(--good)}.bad{color:var(--bad)}
.scroll{overflow-x:auto;margin:1.4rem 0 .6rem}
table{border-collapse:collapse;font-size:.88rem;width:100%}
caption{text-align:left;font-weight:600;font-size:1.05rem;padding:.2rem 0 .5rem}
th,td{padding:.35rem .6rem;border-bottom:1px solid var(--line);text-align:left;
vertical-align:top;min-width:5.4rem}
td:first-child{overflow-wrap:anywhere}
@media screen{th:first-child,td:first-child{position:sticky;left:0;background:var(--paper)}
th:first-child{background:var(--band)}}
th{background:var(--band);font-weight:600;vertical-align:bottom;hyphens:auto}
th:first-child,td:first-child{min-width:9rem}
.n{text-align:right;font-variant-numeric:tabular-nums}td.n{white-space:nowrap}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr));gap:1.2rem;
margin:1.6rem 0}
figure{margin:0;border:1px solid var(--line);border-radius:6px;padding:.7rem;min-width:0}
figcaption{font-size:.85rem;color:var(--soft);overflow-wrap:anywhere}
figcaption b{display:block;color:var(--ink);font-size:.95rem}
figure svg{display:block;width:100%;height:auto;max-width:34rem;margin:.4rem auto}
details{border:1px solid var(--line);border-radius:6px;margin:.45rem 0;padding:.4rem .7rem;
font-size:.9rem}
summary{cursor:pointer;overflow-wrap:anywhere}summary code{color:var(--soft)}
.tag{font-weight:600;white-space:nowrap}.error{color:var(--bad)}.warning{color:var(--warn)}
.waived{color:var(--soft)}
code{font:.88em ui-monospace,SFMono-Regular,Menlo,monospace}
dl{display:grid;grid-template-columns:minmax(4.5rem,auto) 1fr;gap:.1rem .8rem;margin:.5rem 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
@media print{:root{--ink:#000;--soft:#444;--paper:#fff;--line:#bbb;--band:#eee;--good:#17692c;
--bad:#a61b1b;--warn:#855400;--s0:#0b6bb8;--s1:#c2500a;--s2:#0f7d5c;--s3:#a3408a;--s4:#8a6a00;
--s5:#5a4fc4;--s6:#b3243f;--s7:#4d5661;color-scheme:light}
body{max-width:none;padding:0;font-size:10pt}.scroll{overflow:visible}table{font-size:7.5pt}
th,td,th:first-child,td:first-child{min-width:0;padding:.2rem .3rem}
figure,tr,details,.scroll{break-inside:avoid}h2,caption{break-after:avoid}details::details-content{content-visibility:visible}}
"""


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
        case Heading():
            yield f"<h{block.level}>{escape(block.text)}</h{block.level}>"
        case Text():
            tone = f' class="{block.tone}"' if block.tone else ""
            yield f"<p{tone}>{escape(block.text)}</p>"
        case Table():
            yield from _table(block)
        case Plot():
            caption = f"<b>{escape(block.title)}</b>{escape(block.words)}"
            yield f'<figure role="group" aria-label="{escape(block.title)}">{block.svg}'
            yield f"<figcaption>{caption}</figcaption></figure>"
        case Finding():
            yield _finding(block)


def _table(table: Table) -> Iterator[str]:
    yield '<div class="scroll"><table>'
    yield f"<caption>{escape(table.caption)}</caption>"
    yield f"<thead>{_row(table, table.head, 'th')}</thead><tbody>"
    yield from (_row(table, row, "td") for row in table.rows)
    yield "</tbody></table></div>"


def _row(table: Table, cells: tuple[str, ...], tag: str) -> str:
    inner = []
    for number, cell in enumerate(cells):
        classes = " ".join(filter(None, ("n" * (number in table.numeric), table.tones.get(cell))))
        attribute = f' class="{classes}"' if classes else ""
        inner.append(f"<{tag}{attribute}>{escape(cell)}</{tag}>")
    return f"<tr>{''.join(inner)}</tr>"


def _finding(finding: Finding) -> str:
    rows = "".join(f"<dt>{n}</dt><dd>{escape(text)}</dd>" for n, text in finding_details(finding))
    tone, tag = finding_tag(finding)
    title, place = escape(finding.definition.title), escape(finding_place(finding))
    summary = f'<span class="tag {tone}">{escape(tag)}</span> {title} <code>{place}</code>'
    state = " open" if finding.rejects else ""
    return f"<details{state}><summary>{summary}</summary><dl>{rows}</dl></details>"
