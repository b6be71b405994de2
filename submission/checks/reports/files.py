"""The forms of a report that are written to files, by the option that asks for one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from submission.checks.reports.csv_table import official_csv
from submission.checks.reports.html_page import render_html
from submission.checks.reports.json_form import report_json
from submission.checks.reports.junit import render_junit
from submission.checks.reports.sarif import render_sarif
from submission.checks.reports.summary import render_summary
from submission.checks.reports.writing import Render


def renderers(*, official: bool, prefix: str = "") -> Mapping[str, Render]:
    """Functions from a report to the text of a file.

    ``official`` chooses the rows of the table; ``prefix`` is where the tree lies in a repository.
    """
    return {
        "csv": partial(official_csv, official=official),
        "json": report_json,
        "sarif": partial(render_sarif, prefix=prefix),
        "junit": render_junit,
        "html": render_html,
        "markdown": render_summary,
    }
