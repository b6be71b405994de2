"""The published submissions: both verdicts against what is known of them."""

import csv
import io
from collections import defaultdict
from pathlib import Path

import pytest

from submission.checks.reports.csv_table import official_csv
from submission.checks.reports.text import render_official
from submission.checks.results import OfficialVerdict, Report, Verdict
from submission.checks.tree import check_tree
from tests.published.counting import Tally, counted, counts
from tests.published.rejected import REJECTED

pytestmark = pytest.mark.slow


def test_the_official_table_is_the_official_checker_s(
    published: Path, published_report: Report
) -> None:
    ours = list(csv.reader(io.StringIO(official_csv(published_report, official=True))))
    expected = (published / "official_v3.0.csv").read_bytes().decode()
    theirs = list(csv.reader(io.StringIO(expected, newline="")))
    assert ours[0] == theirs[0]
    assert sorted(ours[1:]) == sorted(theirs[1:])
    assert len(ours) == 1 + 213


def test_the_official_lines_are_the_official_checker_s(
    published: Path, published_report: Report
) -> None:
    def lines(text: str) -> list[str]:
        kept = ("Results ", "NoResults ")
        return sorted(line for line in text.splitlines() if line.startswith(kept))

    theirs = lines((published / "official_v3.0_verdicts.txt").read_text())
    assert lines(render_official(published_report)) == theirs
    assert len(theirs) == 155
    assert published_report.official.exit_code == 0


def test_the_rules_reject_only_where_a_rule_can_be_quoted(published_report: Report) -> None:
    rejected: dict[str, set[str]] = defaultdict(set)
    for result in published_report.results:
        if result.verdict is Verdict.INVALID:
            rejected[result.path.rpartition("/")[0]] |= set(result.reasons)
    assert rejected == {path: set(rules.split()) for path, (rules, _) in REJECTED["v3.0"].items()}


def test_what_was_tried_is_counted(
    published_tree: Path, published_check: tuple[Report, Tally]
) -> None:
    report, tally = published_check
    assert counts(tally, report, published_tree) == counted("v3.0")


def test_every_published_result_is_accepted_by_the_official_checker(
    published_report: Report,
) -> None:
    assert {r.official for r in published_report.results} == {OfficialVerdict.OK}


def test_two_processes_find_what_one_finds(published_tree: Path, published_report: Report) -> None:
    assert check_tree(published_tree, jobs=2) == published_report
