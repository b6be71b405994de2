"""Many faults in one tree: all are found in one run, and each counts against what it is in."""

from pathlib import Path

from submission.checks.model import Severity
from submission.checks.results import Verdict
from submission.checks.tree import check_tree
from submission.policy import load_policy
from tests.fakes.submission_tree import build
from tests.tree.edits import both, fields, linked, put, ran, removed, replaced

R = "closed/Kit/results/node/bert-99"
C = "closed/Kit/compliance/node/bert-99"
MANY = both(
    put("closed/Kit/code/.gitkeep", "x"),
    fields("closed/Kit/systems/node.json", cooling=""),
    ran(f"{R}/Offline/performance/run_1", effective_qsl_rng_seed=1, effective_min_duration_ms=6),
    replaced(f"{R}/Offline/accuracy/accuracy.txt", '"f1": 90.2', '"f1": 85.2'),
    removed(f"{R}/Server/performance/run_1/mlperf_log_detail.txt"),
    replaced(f"{R}/Server/accuracy/accuracy.txt", "hash=", "digest="),
    removed("closed/Kit/measurements/node/bert-99/Server/user.conf"),
    put(f"{C}/Server/TEST05/verify_performance.txt", "TEST FAIL\n"),
    put(f"{C}/Server/TEST01/performance/run_1/mlperf_log_detail.txt", ""),
)


def test_all_faults_are_found_in_one_run(tmp_path: Path) -> None:
    MANY(build("closed", tmp_path, load_policy("v3.0")))
    raised = {f.rule for f in check_tree(tmp_path).findings if f.severity is not Severity.NOTE}
    assert raised == {
        "ACC007",
        "ACC009",
        "CMP003",
        "LOG002",
        "LOG003",
        "MEA002",
        "PRF007",
        "PRF008",
        "SYS006",
        "TRE013",
    }


def test_two_runs_give_the_same_report(tmp_path: Path) -> None:
    MANY(build("closed", tmp_path, load_policy("v3.0")))
    assert check_tree(tmp_path) == check_tree(tmp_path, jobs=2)


def test_a_fault_of_one_scenario_leaves_the_other_valid(tmp_path: Path) -> None:
    tree = build("open", tmp_path, load_policy("v3.0"))
    offline = "open/Kit/results/node/sparse-bert/Offline"
    ran(f"{offline}/performance/run_1", effective_qsl_rng_seed=1)(tree)
    verdicts = {result.scenario: result.verdict for result in check_tree(tmp_path).results}
    assert verdicts == {"Offline": Verdict.INVALID, "Server": Verdict.VALID}


def test_a_link_counts_against_the_result_that_it_lies_in(tmp_path: Path) -> None:
    tree = build("edge", tmp_path, load_policy("v3.0"))
    linked("closed/Kit/results/board/resnet50/SingleStream/extra", "accuracy")(tree)
    report = check_tree(tmp_path)
    assert not report.passed
    invalid = [r.scenario for r in report.results if r.verdict is Verdict.INVALID]
    assert invalid == ["SingleStream"]


def test_a_short_run_does_not_hide_an_improved_result(tmp_path: Path) -> None:
    tree = build("open", tmp_path, load_policy("v3.0"))
    run = "open/Kit/results/node/sparse-bert/Offline/performance/run_1"
    few = {"effective_samples_per_query": 600, "generated_samples_per_query": 600}
    ran(run, effective_min_duration_ms=6, result_samples_per_second=9e9, **few)(tree)
    raised = {f.rule for f in check_tree(tmp_path).findings if f.severity is Severity.ERROR}
    assert raised == {"PRF008", "PRF010", "PRF018"}
