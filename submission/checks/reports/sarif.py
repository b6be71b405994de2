"""The report in SARIF 2.1.0, for code scanning and editors."""

from __future__ import annotations

import json
from textwrap import indent
from typing import Any
from urllib.parse import quote

from submission import __version__
from submission.checks.findings import Finding
from submission.checks.model import Rule
from submission.checks.reports.github import in_repository
from submission.checks.results import Report

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
TOOL = "mlperf-submission-kit"


def render_sarif(report: Report, *, prefix: str = "") -> str:
    """The report as SARIF text; waived findings are marked as suppressed.

    ``prefix`` is where the tree lies in its repository: code scanning takes paths from its root.
    """
    rules = {finding.rule: finding.definition for finding in report.findings}
    used = sorted(rules)
    index = {rule: number for number, rule in enumerate(used)}
    driver = {
        "name": TOOL,
        "version": __version__,
        "rules": [_rule(rules[rule_id]) for rule_id in used],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits",
        "results": [],
    }
    value = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    # encoded one by one: a whole round has tens of thousands
    results = [
        ",\n" + indent(json.dumps(_result(finding, index[finding.rule], prefix), indent=2), " " * 8)
        for finding in report.findings
    ]
    head, mark, tail = (json.dumps(value, indent=2) + "\n").partition('"results": []')
    if not results:
        return head + mark + tail
    results[0] = results[0].removeprefix(",")
    return "".join([head, '"results": [', *results, "\n      ]", tail])


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": f"{rule.title} ({rule.reference})"},
        "help": {"text": rule.hint},
        "defaultConfiguration": {"level": str(rule.severity)},
    }


def _result(finding: Finding, index: int, prefix: str) -> dict[str, Any]:
    title = finding.definition.title
    uri = quote(in_repository(finding.path, prefix)) or "."
    place: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if finding.line is not None:
        place["region"] = {"startLine": finding.line}
    value: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": str(finding.severity),
        "message": {"text": f"{title}: found {finding.found}, expected {finding.expected}"},
        "locations": [{"physicalLocation": place}],
    }
    if finding.waived is not None:
        value["suppressions"] = [{"kind": "external", "justification": finding.waived}]
    return value
