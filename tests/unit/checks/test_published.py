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

EMPTY = (
    "submission_rules.adoc, mandatory files: 'READMEs to enable users to replicate performance"
    " results'; of no bytes, and the submitter's other READMEs are not in these archives"
)
DIGEST = (
    "submission_rules.adoc, truncation: accuracy.txt has the SHA-256 of the log; here it has the"
    " commit of LoadGen"
)
ONE_RUN = (
    "inference_rules.adoc, General rules: 'One LoadGen validation run is required for each"
    " submitted performance result'; the log in Offline's accuracy/ is of PerformanceOnly"
)
# Benchmark folders of the published submissions of which the rules reject results: the rules, and
# the sentence behind them
REJECTED = (
    (
        "closed/SiMa/results/davinci_dualm2/resnet50",
        "ACC013 MEA003",
        f"{DIGEST}; {EMPTY}",
    ),
    ("open/Alibaba/results/ACS_SINIAN_RKNN_EDGE/resnet50", "MEA003", EMPTY),
    (
        "open/Krai/results/chai/bert-99_bert_large_huggingface_bast",
        "PRF004",
        ONE_RUN,
    ),
    ("open/Moffett/results/Moffett_S10_Inspur/bert-99.9", "MEA003", EMPTY),
    ("open/Moffett/results/Moffett_S30_Inspur/bert-99.9", "MEA003", EMPTY),
    ("open/Moffett/results/Moffett_S40_Inspur/bert-99.9", "MEA003", EMPTY),
)

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
    assert rejected == {path: set(rules.split()) for path, rules, _ in REJECTED}


def test_every_published_result_is_accepted_by_the_official_checker(
    published_report: Report,
) -> None:
    assert {r.official for r in published_report.results} == {OfficialVerdict.OK}


def test_two_processes_find_what_one_finds(published_tree: Path, published_report: Report) -> None:
    assert check_tree(published_tree, jobs=2) == published_report
