"""The report as one self-contained page: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from submission.checks.findings import Finding
from submission.checks.model import Severity
from submission.checks.reports.text import difference, verdict_line
from submission.checks.results import Report, Result

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#222}
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .6rem;
border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:anywhere}th{background:#f4f4f4}
td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
code{font-family:ui-monospace,monospace;font-size:.92em}
.valid,.ok,.passed{color:#176b2c}.invalid,.refused,.crash,.failed,.error{color:#a31515}
.warning{color:#8a5a00}.note{color:#555}.tag{font-weight:600;white-space:nowrap}
details{border:1px solid #ddd;border-radius:4px;margin:.4rem 0;padding:.3rem .7rem}
dl{display:grid;grid-template-columns:6rem 1fr;margin:.3rem 0}dd{margin:0;overflow-wrap:anywhere}
@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}th{background:#262626}
th,td,details{border-color:#444}.valid,.ok,.passed{color:#6cc784}.warning{color:#e0b050}
.invalid,.refused,.crash,.failed,.error{color:#ff8080}.note{color:#aaa}}
"""


def render_html(report: Report) -> str:
    """The page; every text of the tree is escaped."""
    passed = "passed" if report.passed else "failed"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Compliance {escape(report.round)}</title><style>{STYLE}</style></head><body>",
        f"<h1>Compliance with round {escape(report.round)}</h1>",
        f'<p class="tag {passed}">{escape(verdict_line(report))}</p>',
        *_results(report.results),
        *_findings(report),
        "</body></html>\n",
    ]
    return "\n".join(parts)


def _results(results: Iterable[Result]) -> Iterator[str]:
    yield "<h2>Results</h2><table><thead><tr><th>Result</th><th>Rules</th><th>Official</th>"
    yield "<th>Value</th><th>Unit</th><th>Accuracy</th><th>Remarks</th></tr></thead><tbody>"
    for result in results:
        value = "" if result.value is None else f"{result.value:.10g}"
        cells = [
            f"<td><code>{escape(result.path)}</code></td>",
            f'<td class="tag {result.verdict}">{result.verdict}</td>',
            f'<td class="tag {result.official}">{result.official}</td>',
            f'<td class="n">{value}</td><td>{escape(result.unit or "")}</td>',
            f'<td class="n">{escape(result.accuracy or "")}</td>',
            f"<td>{escape(difference(result).strip())}</td>",
        ]
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table>"


def _findings(report: Report) -> Iterator[str]:
    for severity in Severity:
        found = report.of(severity)
        if found:
            yield f'<h2 class="{severity}">{len(found)} {severity}s</h2>'
            for finding in found:
                yield _finding(finding, is_open=severity is Severity.ERROR)
    waived = [finding for finding in report.findings if finding.waived is not None]
    if waived:
        yield f"<h2>{len(waived)} waived</h2>"
        for finding in waived:
            yield _finding(finding, is_open=False)


def _finding(finding: Finding, *, is_open: bool) -> str:
    line = f":{finding.line}" if finding.line is not None else ""
    rule = finding.definition
    pairs = [
        ("place", f"<code>{escape(finding.path + line)}</code>"),
        ("key", escape(finding.key or "")),
        ("found", escape(finding.found)),
        ("expected", escape(finding.expected)),
        ("rule", escape(rule.reference)),
        ("fix", escape(rule.hint)),
        ("waived", escape(finding.waived or "")),
    ]
    rows = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in pairs if text)
    head = f'<span class="tag {finding.severity}">{finding.rule}</span> {escape(rule.title)}'
    state = " open" if is_open else ""
    place = f"<code>{escape(finding.path)}</code>"
    return f"<details{state}><summary>{head} {place}</summary><dl>{rows}</dl></details>"
