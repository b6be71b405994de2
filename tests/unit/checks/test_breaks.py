"""One good tree of each kind, many small edits: each raises its rules, and no others."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from submission.checks.findings import Finding
from submission.checks.model import Severity
from submission.checks.results import OfficialVerdict, Report
from submission.checks.tree import check_tree
from submission.policy import load_policy
from tests.fakes.submission_tree import TREES, build
from tests.tree.edits import Break
from tests.tree.table import BREAKS

POLICY = load_policy("v3.0")


@pytest.fixture(scope="module", params=TREES)
def good(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Report:
    root = tmp_path_factory.mktemp(request.param)
    build(request.param, root, POLICY)
    return check_tree(root)


@pytest.fixture(scope="module")
def found_in_good(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Break], set[Finding]]:
    known: dict[tuple[str, str], set[Finding]] = {}

    def found(case: Break) -> set[Finding]:
        key = (case.kind, case.version)
        if key not in known:
            root = tmp_path_factory.mktemp(case.kind)
            build(case.kind, root, load_policy(case.version or "v3.0"))
            known[key] = set(check_tree(root, version=case.version or None).findings)
        return known[key]

    return found


def test_a_good_tree_has_no_errors_and_no_warnings(good: Report) -> None:
    assert good.passed
    assert {finding.severity for finding in good.findings} == {Severity.NOTE}
    assert {result.official for result in good.results} == {OfficialVerdict.OK}


@pytest.mark.parametrize("case", BREAKS, ids=lambda case: case.name)
def test_a_break_raises_its_rules_and_no_others(
    case: Break, tmp_path: Path, found_in_good: Callable[[Break], set[Finding]]
) -> None:
    if case.needs_user and os.geteuid() == 0:
        pytest.skip("root may read everything")
    tree = build(case.kind, tmp_path, load_policy(case.version or "v3.0"))
    case.apply(tree)
    report = check_tree(tmp_path, version=case.version or None, waivers=case.waivers)
    known = found_in_good(case)
    raised = {finding.rule for finding in set(report.findings) - known}
    assert raised - ({finding.rule for finding in known} - case.ids) == case.ids
    assert official_word(report) == case.official


def official_word(report: Report) -> str:
    """The worst that the official checker says, as the table writes it."""
    verdicts = {result.official for result in report.results}
    if OfficialVerdict.CRASH in verdicts:
        return "crash"
    if OfficialVerdict.REFUSED in verdicts:
        return "refused"
    return "exit 1" if report.official.exit_code else "ok"
