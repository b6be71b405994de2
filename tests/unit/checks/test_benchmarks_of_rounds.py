"""Every benchmark of every round, in each category, with all scenarios that it may have.

Whole rounds have them all; the published trees in the tests have few of them.
"""

from pathlib import Path

import pytest

from submission.checks.model import Severity
from submission.checks.results import OfficialVerdict
from submission.checks.tree import check_tree
from submission.policy import load_policy, rounds
from submission.terms import Scenario
from tests.fakes.submission_tree import SubmissionTree

pytestmark = pytest.mark.slow

CATEGORIES = ("datacenter", "edge", "datacenter,edge")
# what the official checker refuses of good results, and why
REFUSED = {("v6.1", "qwen3-vl-235b-a22b/Interactive"): "performance_sample_count is too low"}


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("version", rounds())
def test_a_good_result_of_each_benchmark_passes(
    version: str, category: str, tmp_path: Path
) -> None:
    policy = load_policy(version)
    tree = SubmissionTree(tmp_path, policy)
    tree.system("closed/Kit", "node", system_type=category)
    for name, required in policy.required_scenarios[category].items():
        scenarios = required | policy.optional(category, name)
        folders = {str(scenario): Scenario(scenario.logged) for scenario in sorted(scenarios)}
        tree.benchmark("closed/Kit", "node", name, name, folders)
    report = check_tree(tmp_path, version=version)
    found = [f for f in report.findings if f.severity is not Severity.NOTE]
    assert [(f.rule, f.path, f.found, f.expected) for f in found] == []
    refused = {
        (version, "/".join(result.path.split("/")[-2:])): result.official_reason
        for result in report.results
        if result.official is not OfficialVerdict.OK
    }
    assert refused.items() <= REFUSED.items()
