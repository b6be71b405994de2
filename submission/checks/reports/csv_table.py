"""The official results table as CSV, with fields quoted as in RFC 4180."""

from __future__ import annotations

import csv
import io

from submission.checks.results import Report, Verdict
from submission.checks.words import shown
from submission.policy import load_policy

FIELD_CHARACTERS = 10_000


def official_csv(report: Report, *, official: bool) -> str:
    """The rows of the official checker, or those of the results that the rules accept."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(load_policy(report.round).official.header)
    for result in report.results:
        accepted = result.verdict is Verdict.VALID
        for row in result.official_rows if official else result.rows if accepted else ():
            writer.writerow([shown(field, FIELD_CHARACTERS) for field in row])
    return text.getvalue()
