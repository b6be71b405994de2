"""The report as JSON, by the schema ``schemas/report.schema.json``."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from submission.checks.findings import Finding
from submission.checks.results import Report, Result

VERSION = 1
"""Raised when a field goes or changes its meaning; a new field does not raise it."""

_ENCODER = json.JSONEncoder(allow_nan=False)
SCHEMA = Path(__file__).parent.parent / "schemas" / "report.schema.json"


def report_json(report: Report) -> str:
    """The report as JSON text, sorted and ASCII only: the same report gives the same bytes."""
    head = {
        "version": VERSION,
        "round": report.round,
        "passed": report.passed,
        "ignored": report.ignored,
    }
    lines = "".join(f'  "{key}": {_ENCODER.encode(value)},\n' for key, value in head.items())
    results = _listed("results", map(_result, report.results))
    findings = _listed("findings", map(finding_value, report.findings))
    return "".join(["{\n", lines, *results, ",\n", *findings, "\n}\n"])


def _listed(name: str, values: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A list of flat objects, encoded one by one: a whole round has tens of thousands."""
    yield f'  "{name}": ['
    between = "\n"
    for value in values:
        yield between + _flat(value)
        between = ",\n"
    yield "]" if between == "\n" else "\n  ]"


def _flat(value: dict[str, Any]) -> str:
    pairs = [f'      "{key}": {_ENCODER.encode(item)}' for key, item in value.items()]
    return "    {\n" + ",\n".join(pairs) + "\n    }"


def finding_value(finding: Finding) -> dict[str, Any]:
    """A finding as it stands in the JSON; ``waived`` is the reason of the waiver or null."""
    rule = finding.definition
    return {
        "rule": finding.rule,
        "title": rule.title,
        "severity": str(rule.severity),
        "path": finding.path,
        "line": finding.line,
        "key": finding.key,
        "found": finding.found,
        "expected": finding.expected,
        "hint": rule.hint,
        "reference": rule.reference,
        "waived": finding.waived,
    }


def _result(result: Result) -> dict[str, Any]:
    return {
        "path": result.path,
        "division": result.division,
        "submitter": result.submitter,
        "system": result.system,
        "benchmark": result.benchmark,
        "mlperf_model": result.mlperf_model,
        "scenario": result.scenario,
        "verdict": str(result.verdict),
        "official": str(result.official),
        "value": result.value,
        "unit": result.unit,
        "accuracy": _number(result.accuracy),
    }


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None
