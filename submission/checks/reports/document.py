"""A report as blocks, before it becomes a page of HTML or Markdown; both then say the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from submission.checks.findings import Finding
from submission.checks.model import Severity
from submission.checks.reports.text import difference, verdict_line
from submission.checks.results import Report, Result

VERDICT_TONES = {"valid": "good", "ok": "good", "invalid": "bad", "refused": "bad", "crash": "bad"}


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
    """Cells as text; columns in ``numeric`` are aligned right, cells in ``tones`` have a tone."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    tones: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Plot:
    """An SVG drawing, and what it shows in words."""

    title: str
    svg: str
    words: str


Block = Heading | Text | Table | Plot | Finding
Document = tuple[Block, ...]


def check_document(report: Report) -> Document:
    """The report of a check: verdict, results, findings by severity, waived findings."""
    blocks: list[Block] = [
        Heading(text=f"Compliance with round {report.round}", level=1),
        Text(text=verdict_line(report), tone="good" if report.passed else "bad"),
        results_table(report.results, caption="Results"),
    ]
    for severity in Severity:
        blocks += _group(f"{severity}s", report.of(severity))
    blocks += _group("waived", [found for found in report.findings if found.waiver is not None])
    return tuple(blocks)


def _group(name: str, findings: Iterable[Finding]) -> list[Block]:
    every = list(findings)
    return [Heading(text=f"{len(every)} {name}"), *every] if every else []


def results_table(results: Iterable[Result], *, caption: str) -> Table:
    """Every result folder with both verdicts, and with remarks if there are any."""
    head = ("result", "rules", "official checker", "value", "unit", "accuracy", "remarks")
    rows = [_cells(result) for result in results]
    shown = len(head) if any(remark for *_, remark in rows) else len(head) - 1
    return Table(
        caption=caption,
        head=head[:shown],
        rows=tuple(row[:shown] for row in rows),
        numeric=frozenset({head.index("value"), head.index("accuracy")}),
        tones=VERDICT_TONES,
    )


def _cells(result: Result) -> tuple[str, ...]:
    return (
        result.path,
        str(result.verdict),
        str(result.official),
        "-" if result.value is None else f"{result.value:.10g}",
        result.unit or "-",
        result.accuracy or "-",
        difference(result).strip(),
    )


def finding_tag(finding: Finding) -> tuple[str, str]:
    """Tone and text of the tag before a finding, such as ``error PRF008``."""
    tone = "waived" if finding.waiver is not None else str(finding.severity)
    return tone, f"{tone} {finding.rule}"


def finding_details(finding: Finding) -> list[tuple[str, str]]:
    """Names and texts of everything else that is known of a finding."""
    rule = finding.definition
    pairs = (
        ("key", finding.key),
        ("found", finding.found),
        ("expected", finding.expected),
        ("rule", rule.reference),
        ("fix", rule.hint),
        ("waived", finding.waived),
    )
    return [(name, text) for name, text in pairs if text]
