"""A report as blocks, before it becomes a page of HTML or Markdown; both then say the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from submission.checks.findings import Finding
from submission.checks.model import Severity
from submission.checks.reports.text import difference, rule_order, verdict_line
from submission.checks.results import Report, Result
from submission.wording import counted

WAIVED = "waived"
_NO_NAME = re.compile(r"[^A-Za-z0-9]+")
WITH_WAIVERS = "valid with waivers"
VERDICT_TONES = {
    "valid": "good",
    "ok": "good",
    WITH_WAIVERS: "warn",
    "invalid": "bad",
    "refused": "bad",
    "crash": "bad",
}


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A heading; ``level`` 1 is the title."""

    text: str
    level: int = 2


@dataclass(frozen=True, kw_only=True)
class Text:
    """A paragraph; ``tone`` is empty or some of ``good``, ``bad``, ``warn``, ``note``, ``lead``."""

    text: str
    tone: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Cells as text; the first of a row is its head.

    Columns in ``numeric`` are aligned right, cells in ``tones`` have a tone. With ``cards`` a row
    becomes a block of lines where the page is as narrow as a phone; other tables scroll there.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    tones: Mapping[str, str] = field(default_factory=dict)
    cards: bool = False


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Names and texts, one below the other; ``tones`` are those of single texts."""

    pairs: tuple[tuple[str, str], ...]
    tones: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Band:
    """What nobody may overlook, with its reasons."""

    title: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FindingGroup:
    """The findings of one rule, all of them waived or none; ``tree`` is the label of theirs."""

    findings: tuple[Finding, ...]
    tree: str = ""

    @property
    def first(self) -> Finding:
        """One that stands for the rule."""
        return self.findings[0]

    @property
    def causes(self) -> tuple[tuple[Finding, ...], ...]:
        """The findings that share key, found and expected value, each with all its places."""
        return tuple(
            tuple(same) for _, same in groupby(sorted(self.findings, key=_by_cause), key=_cause)
        )


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """What to mend: a rule that is broken, how widely and under which key, and its first place."""

    first: Finding
    extent: str = ""
    keys: str = ""


@dataclass(frozen=True, kw_only=True)
class Remedies:
    """What to do, step by step; ``more`` says how much is left out.

    ``tone`` is ``bad`` where something is rejected, else empty.
    """

    title: str
    steps: tuple[Remedy | str, ...]
    more: str = ""
    tree: str = ""
    tone: str = "bad"


def anchor(rule: str, tree: str) -> str:
    """The name of the place of a rule's errors in a page."""
    return _NO_NAME.sub("-", f"finding {tree} {rule}").lower()


def step_words(step: Remedy) -> str:
    """``rejects 2 results: what is wrong; key a. Fix: what to do``, without its place."""
    what = f"{step.first.fault}; key {step.keys}" if step.keys else step.first.fault
    return f"{f'{step.extent}: ' if step.extent else ''}{what}. Fix: {step.first.definition.hint}"


def step_values(step: Remedy) -> str:
    """``found 1198.17, expected 1098.17 as in …detail.txt``: at the first place of a step."""
    details = dict(cause_details(step.first))
    # named already where all places are of one key
    several = details.pop("key", "") not in {"", step.keys}
    start = f"{step.first.key}: " if several else ""
    return start + ", ".join(f"{name} {text}" for name, text in details.items())


def _cause(finding: Finding) -> tuple[str, str, str, str]:
    return finding.key or "", finding.found, finding.expected, finding.waived or ""


def _by_cause(finding: Finding) -> tuple[tuple[str, ...], tuple[object, ...]]:
    return _cause(finding), finding.order()


@dataclass(frozen=True, kw_only=True)
class Plot:
    """An SVG drawing, and what it shows in words."""

    title: str
    svg: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Fold:
    """Blocks below a heading, folded away on a page until they are asked for."""

    title: str
    blocks: tuple[Block, ...]


Block = Heading | Text | Table | Plot | Finding | Facts | Band | Remedies | FindingGroup | Fold
Document = tuple[Block, ...]


def check_document(report: Report) -> Document:
    """The report of a check: verdict, results, findings by severity, waived findings."""
    blocks: list[Block] = [
        Heading(text=f"Compliance with round {report.round}", level=1),
        Text(text=verdict_line(report), tone=verdict_tone(report)),
        results_table(report.results, caption="Results"),
    ]
    for severity in Severity:
        blocks += _group(str(severity), report.of(severity), report.results)
    waived = [found for found in report.findings if found.waiver is not None]
    blocks += _group(WAIVED, waived, report.results)
    return tuple(blocks)


def verdict_tone(report: Report) -> str:
    """Good only without waivers: what needs them is not fit to be submitted."""
    if not report.passed:
        return "bad"
    return "warn" if any(finding.waived is not None for finding in report.findings) else "good"


def _group(name: str, findings: Iterable[Finding], results: Iterable[Result]) -> list[Block]:
    every = list(findings)
    if not every:
        return []
    heading = name if name == WAIVED else counted(len(every), name)
    return [Heading(text=heading), *finding_groups(every, results=results)]


def finding_groups(
    findings: Iterable[Finding], *, tree: str = "", results: Iterable[Result] = ()
) -> list[FindingGroup]:
    """One group a rule: errors first, then warnings and notes, at last what is waived.

    Of one severity the rule comes first that rejects most of ``results``, then that is broken at
    most places.
    """
    weights, every = list(Severity), list(findings)
    order = rule_order(results, every)

    def place(finding: Finding) -> tuple[bool, int, tuple[int, bool, int, str]]:
        return finding.waived is not None, weights.index(finding.severity), order(finding)

    ordered = sorted(every, key=place)
    return [
        FindingGroup(findings=tuple(same), tree=tree) for _, same in groupby(ordered, key=place)
    ]


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
        cards=True,
    )


def _cells(result: Result) -> tuple[str, ...]:
    return (
        result.path,
        str(result.verdict),
        str(result.official),
        "" if result.value is None else f"{result.value:.10g}",
        result.unit or "",
        result.accuracy or "",
        difference(result).strip(),
    )


def finding_tag(finding: Finding) -> tuple[str, str]:
    """Tone and text of the tag before a finding, such as ``error PRF008``."""
    tone = WAIVED if finding.waiver is not None else str(finding.severity)
    return tone, f"{tone} {finding.rule}"


def finding_details(finding: Finding) -> list[tuple[str, str]]:
    """Names and texts of everything else that is known of a finding."""
    rule = finding.definition
    pairs = (("rule", rule.reference), ("fix", rule.hint), ("waived", finding.waived))
    return [*cause_details(finding), *((name, text) for name, text in pairs if text)]


def cause_details(finding: Finding) -> list[tuple[str, str]]:
    """What was found and what was expected, and under which key."""
    pairs = (("key", finding.key), ("found", finding.found), ("expected", finding.expected))
    return [(name, text) for name, text in pairs if text]
