"""One report in many forms; each module words it in one of them."""

from submission.checks.reports.csv_table import official_csv
from submission.checks.reports.github import render_github
from submission.checks.reports.html_page import render_html
from submission.checks.reports.json_form import report_json
from submission.checks.reports.junit import render_junit
from submission.checks.reports.rule_text import explain, rule_list
from submission.checks.reports.sarif import render_sarif
from submission.checks.reports.text import render_official, render_text

__all__ = [
    "explain",
    "official_csv",
    "render_github",
    "render_html",
    "render_junit",
    "render_official",
    "render_sarif",
    "render_text",
    "report_json",
    "rule_list",
]
