"""Benchmarks for which a round has other numbers than its own: sets, bounds, durations, units."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from submission.checks.model import Severity
from submission.checks.reports.csv_table import official_csv
from submission.checks.results import OfficialVerdict, Report
from submission.checks.tree import check_tree
from submission.policy import load_policy, rounds
from submission.terms import Scenario
from tests.fakes.submission_tree import SubmissionTree, build
from tests.tree.edits import Edit, fields, put, ran

pytestmark = pytest.mark.slow

NEWEST = rounds()[0]
QWEN, RAG = "qwen3-vl-235b-a22b", "e2e-rag-qna"
SERVED = {"Offline": Scenario.OFFLINE, "Interactive": Scenario.SERVER}
INTERACTIVE = f"closed/Kit/results/node/{QWEN}/Interactive"


def tree_of(root: Path, name: str, scenarios: dict[str, Scenario]) -> SubmissionTree:
    tree = SubmissionTree(root, load_policy(NEWEST))
    tree.system("closed/Kit", "node", system_type="datacenter")
    tree.benchmark("closed/Kit", "node", name, name, scenarios)
    return tree


def raised(report: Report) -> set[str]:
    return {found.rule for found in report.findings if found.severity is not Severity.NOTE}


def rows(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(official_csv(report, official=True))))


def test_interactive_may_have_a_smaller_set_and_a_bound_of_its_own(tmp_path: Path) -> None:
    tree_of(tmp_path, QWEN, SERVED)
    report = check_tree(tmp_path, version=NEWEST)
    assert (report.passed, raised(report)) == (True, set())


@pytest.mark.parametrize(
    ("edit", "rules"),
    [
        (
            ran(f"{INTERACTIVE}/performance/run_1", effective_target_latency_ns=1_500_000_001),
            {"LAT003"},
        ),
        (
            ran(f"{INTERACTIVE}/performance/run_1", effective_performance_sample_count=7_999),
            {"PRF006", "LOG021"},
        ),
        (
            ran(f"{INTERACTIVE}/accuracy", qsl_reported_total_count=7_999),
            {"ACC016", "LOG023"},
        ),
        (
            put(f"{INTERACTIVE}/accuracy/accuracy.txt", '{"f1": 0.7799}\nhash=' + "0" * 64 + "\n"),
            {"ACC007"},
        ),
    ],
)
def test_beyond_what_interactive_may_is_found(edit: Edit, rules: set[str], tmp_path: Path) -> None:
    edit(tree_of(tmp_path, QWEN, SERVED))
    assert raised(check_tree(tmp_path, version=NEWEST)) >= rules - {"LOG021"}


def test_the_official_package_wants_the_whole_set_of_every_loadgen_run(tmp_path: Path) -> None:
    tree_of(tmp_path, QWEN, SERVED)
    report = check_tree(tmp_path, version=NEWEST)
    refused = {r.path.rpartition("/")[2]: r.official_reason for r in report.results}
    assert refused["Interactive"] == "performance_sample_count is too low"


def test_a_benchmark_of_tasks_has_no_least_duration(tmp_path: Path) -> None:
    tree_of(tmp_path, RAG, {"Offline": Scenario.OFFLINE})
    run = f"closed/Kit/results/node/{RAG}/Offline/performance/run_1"
    text = (tmp_path / run / "mlperf_log_detail.txt").read_text()
    assert '"effective_min_duration_ms", "value": 0,' in text
    report = check_tree(tmp_path, version=NEWEST)
    assert (report.passed, raised(report)) == (True, set())
    (row,) = rows(report)
    assert row["Units"] == report.results[0].unit == "Tasks/s"


def test_the_table_says_none_where_no_power_was_measured(tmp_path: Path) -> None:
    build("closed", tmp_path, load_policy(NEWEST))
    report = check_tree(tmp_path, version=NEWEST)
    assert {(row["design_power_watts"], row["PrivateID"]) for row in rows(report)} == {("None", "")}


NAMEPLATE = "closed/Kit/systems/board_power.yaml"
SUPPLIES = "Board:\n- Min PSUs Needed: 1\n  PSUs:\n  - PowerCapacityWatts: 90\n"


@pytest.mark.parametrize(
    ("edits", "watts"),
    [
        ([], "None"),
        ([put(NAMEPLATE, SUPPLIES)], "90"),
        ([put(NAMEPLATE, SUPPLIES + "  - PowerCapacityWatts: 120.5\n")], "120.5"),
        (
            [
                put(NAMEPLATE, SUPPLIES),
                fields("closed/Kit/systems/board.json", system_power_capacity="65 W"),
            ],
            "65 W",
        ),
    ],
)
def test_the_design_power_is_that_of_the_description_or_of_the_nameplate(
    edits: list[Edit], watts: str, tmp_path: Path
) -> None:
    tree = build("edge", tmp_path, load_policy(NEWEST))
    for edit in edits:
        edit(tree)
    report = check_tree(tmp_path, version=NEWEST)
    assert {r.official for r in report.results} == {OfficialVerdict.OK}
    powered = {row["design_power_watts"] for row in rows(report) if row["has_power"] == "True"}
    assert powered == {watts}


def test_the_percentile_of_a_benchmark_takes_the_place_of_the_rounds(tmp_path: Path) -> None:
    version = next(v for v in rounds() if "pointpainting" in load_policy(v).benchmarks)
    tree = SubmissionTree(tmp_path, load_policy(version))
    tree.system("closed/Kit", "board", system_type="edge")
    scenarios: dict[str, Any] = {"SingleStream": Scenario.SINGLE_STREAM}
    tree.benchmark("closed/Kit", "board", "pointpainting", "pointpainting", scenarios)
    assert raised(check_tree(tmp_path, version=version)) == set()
    run = "closed/Kit/results/board/pointpainting/SingleStream/performance/run_1"
    ran(run, effective_target_latency_percentile=0.9)(tree)
    assert "LAT015" in raised(check_tree(tmp_path, version=version))
