"""The rule book: rules as data plus small functions, and reports of what they found."""

from submission.checks.facts import Options
from submission.checks.findings import Finding
from submission.checks.model import Severity, Waiver
from submission.checks.reports.json_form import report_json
from submission.checks.reports.text import render_text
from submission.checks.results import Report, Result, Verdict
from submission.checks.tree import check_tree
from submission.checks.waivers import read_waivers

__all__ = [
    "Finding",
    "Options",
    "Report",
    "Result",
    "Severity",
    "Verdict",
    "Waiver",
    "check_tree",
    "read_waivers",
    "render_text",
    "report_json",
]
