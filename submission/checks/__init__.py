"""The rule book: rules as data plus small functions, and reports of what they found.

The Python API, which needs the standard library alone. What ``__all__`` names keeps its name, its
arguments and its fields until a new major version; more may join them. ::

    from pathlib import Path
    from submission.checks import Severity, check_tree, report_json

    report = check_tree(Path("out/submission"), ignore=["MEA003"], jobs=0)
    print(report.round, "passed" if report.passed else "failed")
    for finding in report.of(Severity.ERROR):
        print(finding.rule, finding.path, finding.line, finding.found, finding.expected)
    for result in report.results:
        print(result.path, result.verdict, result.value, result.unit, result.reasons)
    Path("report.json").write_text(report_json(report), encoding="utf-8")

``report_schema()`` is the schema of that JSON, with its version policy. What was asked wrongly
raises UsageError (``what``, ``detail``, ``hint``); what is wrong in a tree is a finding.
"""

from submission.checks.facts import Options
from submission.checks.findings import Finding
from submission.checks.model import Severity, Waiver
from submission.checks.reports.json_form import report_json
from submission.checks.reports.text import render_text
from submission.checks.results import OfficialVerdict, Report, Result, Verdict
from submission.checks.schema import report_schema
from submission.checks.tree import check_tree
from submission.checks.waivers import read_waivers
from submission.errors import UsageError

__all__ = [
    "Finding",
    "OfficialVerdict",
    "Options",
    "Report",
    "Result",
    "Severity",
    "UsageError",
    "Verdict",
    "Waiver",
    "check_tree",
    "read_waivers",
    "render_text",
    "report_json",
    "report_schema",
]
