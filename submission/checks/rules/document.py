"""DOC: what the READMEs say of results, against the logs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from submission.checks.model import Breach, Scope, Severity, rule
from submission.checks.result_facts import ResultFacts
from submission.checks.tables import Figure, TableRow, figure, table_rows
from submission.checks.words import shown
from submission.loadgen import AccuracyText, DetailLog
from submission.policy import Policy
from submission.terms import Scenario
from submission.tree.grammar import Area

README = "submission_rules.adoc, section 'Submission', README files"
RATIO = re.compile(
    r"\bvs\b|versus|speed|ratio|improve|latency|of fp32|of reference|sparsity|\bx\b", re.IGNORECASE
)


@rule(
    id="DOC001",
    title="Tables in a README say what the logs say",
    fault="A table in a README contradicts the logs",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=README,
    hint="take the numbers of the table from the logs that are submitted",
)
def _tables(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for path, text in facts.readmes:
        for row in table_rows(text):
            if _is_about(facts, path, row):
                yield from _row(facts, path, row)


def _is_about(facts: ResultFacts, path: str, row: TableRow) -> bool:
    """Whether a row is about the result's benchmark, and its system where several ran that."""
    cells, system = {cell for _, cell in row.cells}, facts.benchmark.system
    if facts.benchmark.folder not in cells:
        return False
    if system.system in cells or path == facts.measurement.path("README.md"):
        return True
    submitter = system.submitter
    others = set(submitter.found(Area.RESULTS)) - {system.system}
    return not any(facts.benchmark.folder in submitter.found(Area.RESULTS, o) for o in others)


def _row(facts: ResultFacts, path: str, row: TableRow) -> Iterator[Breach]:
    for header, cell in row.cells:
        written, measured = figure(cell), _measured(facts, header)
        if written is None or not measured:
            continue
        if not any(written.agrees(value) for value in measured.values()):
            yield Breach(
                at=path,
                line=row.line,
                key=shown(f"{facts.benchmark.folder}, {header}"),
                found=shown(cell),
                expected=" or ".join(f"{_like(written, v)} ({k})" for k, v in measured.items()),
            )


def _measured(facts: ResultFacts, header: str) -> dict[str, float]:
    """What a column of that header may say, by the log's key; empty if it is about nothing here."""
    if RATIO.search(header):
        return {}
    if re.search(r"\bF1\b", header):
        return _accuracy(facts)
    if facts.scenario is None or not re.search(rf"\b{facts.scenario}\b", header, re.IGNORECASE):
        return {}
    keys = {
        Scenario.OFFLINE: ("result_samples_per_second",),
        Scenario.SERVER: ("result_scheduled_samples_per_sec", "result_completed_samples_per_sec"),
    }.get(facts.scenario, ())
    words = [word for word in ("scheduled", "completed") if word in header.lower()]
    wanted = [key for key in keys if all(word in key for word in words)]
    log = facts.performance.detail if facts.performance is not None else None
    if not isinstance(log, DetailLog):
        return {}
    return {key: value for key in wanted if (value := log.number(key)) is not None}


def _accuracy(facts: ResultFacts) -> dict[str, float]:
    text = facts.accuracy.text
    terms = facts.benchmark.terms
    if not isinstance(text, AccuracyText) or terms is None:
        return {}
    names = {metric.name for metric in terms.metrics}
    found = {name: line.value for name, line in text.chosen.items() if name in names}
    return {name: value for name, value in found.items() if value is not None}


def _like(written: Figure, value: float) -> str:
    """A number with as many digits as the one it is compared with."""
    digits = max(0, len(f"{written.unit:.10f}".rstrip("0").partition(".")[2]))
    return f"{value:.{digits}f}"
