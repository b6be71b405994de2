"""A round is a table: the same rules judge another round's trees by that round's numbers."""

import json
from pathlib import Path

import pytest

from submission.checks.model import Severity
from submission.checks.tree import check_tree
from submission.policy import load_policy, rounds
from submission.terms import Scenario
from tests.fakes.submission_tree import TREES, build


@pytest.mark.parametrize("kind", TREES)
@pytest.mark.parametrize("version", rounds())
def test_a_good_tree_of_a_round_passes_by_its_table(
    kind: str, version: str, tmp_path: Path
) -> None:
    build(kind, tmp_path, load_policy(version))
    report = check_tree(tmp_path, version=version)
    assert report.passed
    assert {finding.severity for finding in report.findings} == {Severity.NOTE}
    assert report.official.exit_code == 0


def test_a_tree_of_v2_1_is_told_what_v3_0_wants_of_it(tmp_path: Path) -> None:
    build("open", tmp_path, load_policy("v2.1"))
    report = check_tree(tmp_path, version="v3.0")
    raised = {finding.rule for finding in report.findings if finding.severity != Severity.NOTE}
    assert raised == {"CNF002", "LOG014", "PRF007"}


def test_no_rule_names_a_round(repo: Path) -> None:
    for module in (repo / "submission" / "checks" / "rules").glob("*.py"):
        assert not any(version in module.read_text() for version in rounds()), module.name


@pytest.mark.parametrize("version", rounds())
def test_the_table_of_a_round_holds_the_official_constants(version: str) -> None:
    facts = Path(__file__).parents[3].parent / "shared" / "notes" / "rounds.json"
    if not facts.is_file():
        pytest.skip("no rounds.json beside the checkout: the tables are not compared with it")
    official, policy = json.loads(facts.read_text())[version], load_policy(version)
    assert policy.seeds.by_key() == official["seeds"]
    assert policy.test05_seeds.by_key() == official["test05_seeds"]
    assert set(policy.benchmarks) == set(official["models"])
    for name, terms in policy.benchmarks.items():
        metric, target = official["accuracy-target"][name]
        assert terms.accuracy_metric == metric
        assert terms.accuracy_target == pytest.approx(target, abs=1e-12)
        assert terms.performance_sample_count == official["performance-sample-count"][name]
        bound = official["latency-constraint"].get(name, {}).get("Server")
        assert terms.server_latency_bound_ns == bound
        assert dict(terms.min_query_count) == official["min-queries"][name]
    for kind in ("datacenter", "edge"):
        required = official[f"required-scenarios-{kind}"]
        assert {n: set(s) for n, s in policy.required_scenarios[kind].items()} == {
            n: set(map(Scenario, s)) for n, s in required.items()
        }
