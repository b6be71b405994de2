"""Legal submissions made of recorded runs: each is accepted without an error or a warning."""

from pathlib import Path

import pytest

from submission.checks.model import Severity
from submission.checks.results import Verdict
from submission.checks.tree import check_tree
from tests.recorded.pack import recorded
from tests.recorded.runs import RUNS
from tests.recorded.varieties import OFFLINE, VARIETIES, Variety

LEAST = 60


def test_there_are_as_many_varieties_as_were_asked_for() -> None:
    names = [variety.name for variety in VARIETIES]
    assert len(names) == len(set(names)) >= LEAST


def test_every_run_is_recorded_and_stands_in_a_variety_or_proves_one() -> None:
    assert set(recorded()) == set(RUNS)
    alone = {run for variety in VARIETIES for run in variety.results.values()}
    assert {name for name, run in RUNS.items() if run.measures_alone} <= alone


@pytest.mark.parametrize("variety", VARIETIES, ids=lambda variety: variety.name)
def test_a_legal_variety_passes_without_an_error_or_a_warning(
    variety: Variety, tmp_path: Path
) -> None:
    variety.build(tmp_path)
    report = check_tree(tmp_path, version=variety.round)
    found = [
        f"{f.rule} {f.path} {f.key}: {f.found}, not {f.expected}"
        for f in report.findings
        if f.severity is not Severity.NOTE
    ]
    assert found == []
    assert {result.verdict for result in report.results} == {Verdict.VALID}
    assert {result.official for result in report.results} <= variety.official


def test_a_run_in_mode_submission_run_is_no_performance_run(tmp_path: Path) -> None:
    """LoadGen wrote it: its accuracy part comes first, and the log holds both."""
    tree = next(v for v in VARIETIES if v.results == OFFLINE).build(tmp_path)
    folder = f"{tree.base}/results/node/bert-99/Offline/performance/run_1"
    tree.put(folder, "bert-offline-whole")
    errors = {
        (f.rule, f.path.rpartition("/")[0])
        for f in check_tree(tmp_path, version="v3.0").findings
        if f.severity is Severity.ERROR
    }
    assert errors == {("PRF004", folder)}
