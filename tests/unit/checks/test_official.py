"""The official checker's ways that a table of verdicts cannot show."""

from pathlib import Path

from submission.checks.reports.csv_table import official_csv
from submission.checks.reports.text import render_official
from submission.checks.results import OfficialVerdict, Report
from submission.checks.tree import check_tree
from submission.policy import load_policy
from tests.fakes.submission_tree import build
from tests.tree.edits import Edit, both, fields, folder, put, ran, removed

R = "open/Kit/results/node/sparse-bert"


def report_of(root: Path, edit: Edit, kind: str = "open") -> Report:
    tree = build(kind, root, load_policy("v3.0"))
    edit(tree)
    return check_tree(root)


def test_a_result_of_0_is_neither_listed_nor_refused_but_fails_the_submission(
    tmp_path: Path,
) -> None:
    report = report_of(tmp_path, ran(f"{R}/Offline/performance/run_1", result_samples_per_second=0))
    assert [result.official for result in report.results] == [
        OfficialVerdict.REFUSED,
        OfficialVerdict.OK,
    ]
    assert "NoResults open" not in render_official(report)
    assert report.official.exit_code == 1


def test_a_missing_measurements_folder_fails_the_submission_and_keeps_the_row(
    tmp_path: Path,
) -> None:
    report = report_of(tmp_path, removed("open/Kit/measurements/node/sparse-bert/Offline"))
    assert len(official_csv(report, official=True).splitlines()) == 1 + 2
    assert report.official.refused[0][0] == "open/Kit/measurements/node/sparse-bert/Offline"


def test_a_missing_scenario_fails_the_benchmark_and_keeps_the_row_of_the_other(
    tmp_path: Path,
) -> None:
    gone = both(
        *(removed(f"closed/Kit/{a}/node/bert-99/Server") for a in ("results", "compliance"))
    )
    report = report_of(tmp_path, gone, "closed")
    assert [path for path, _ in report.official.refused] == ["closed/Kit/results/node/bert-99"]
    assert [result.official for result in report.results] == [OfficialVerdict.OK]


def test_the_first_kind_of_odd_name_refuses_the_whole_submitter_once(tmp_path: Path) -> None:
    odd = both(folder("open/Kit/code/empty"), put("open/Kit/code/.gitkeep", ""))
    report = report_of(tmp_path, odd)
    ((path, why),) = report.official.refused
    assert path == "open/Kit"
    assert "leading dot" in why


def test_fields_that_are_logged_only_leave_the_row_and_count_an_error(tmp_path: Path) -> None:
    json = "open/Kit/measurements/node/sparse-bert/Offline/node_kit_Offline.json"
    report = report_of(tmp_path, put(json, "{}"))
    rows = [row for result in report.results for row in result.official_rows]
    assert [row[22] for row in rows] == ["1", "1"], "the count goes on within a benchmark"
    assert report.official.exit_code == 0


def test_a_crash_leaves_the_other_systems_to_the_rules(tmp_path: Path) -> None:
    broken = fields("open/Kit/systems/node.json", system_name=None)
    report = report_of(tmp_path, broken)
    assert report.official.crash is not None
    assert "CRASH" in render_official(report)
    assert report.official.exit_code == 1
