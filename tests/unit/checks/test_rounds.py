"""A round is a table: the same rules judge another round's trees by that round's numbers."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from submission.checks.model import Severity
from submission.checks.tree import check_tree
from submission.cli import main
from submission.policy import default_round, load_policy, rounds
from submission.policy.loader import policy_from
from submission.policy.tables import resolved_table
from submission.terms import Scenario
from submission.tree.grammar import Area
from tests.fakes.submission_tree import TREES, SubmissionTree, build, open_folder

pytestmark = pytest.mark.slow

# every kind of good tree in every round that has its division
GOOD = [
    (version, kind)
    for version in rounds()
    for kind in TREES
    if kind != "network" or kind in load_policy(version).divisions
]


@pytest.mark.parametrize(("version", "kind"), GOOD)
def test_a_good_tree_of_a_round_passes_by_its_table(
    version: str, kind: str, tmp_path: Path
) -> None:
    build(kind, tmp_path, load_policy(version))
    report = check_tree(tmp_path, version=version)
    assert report.passed
    assert {finding.severity for finding in report.findings} == {Severity.NOTE}
    assert report.official.exit_code == 0


def test_a_tree_of_v2_1_is_checked_for_what_v3_0_requires(tmp_path: Path) -> None:
    build("open", tmp_path, load_policy("v2.1"))
    report = check_tree(tmp_path, version="v3.0")
    raised = {finding.rule for finding in report.findings if finding.severity != Severity.NOTE}
    assert raised == {"CNF002", "LOG014", "PRF007"}


@pytest.fixture(params=sorted(set(rounds()) - {default_round()}))
def stated(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """A good tree of a round that is not the default, whose run metadata names it."""
    version = str(request.param)
    policy = load_policy(version)
    tree = build("open", tmp_path / "tree", policy)
    metadata = {"round": version, "submittable": True}
    where = ("node", open_folder(policy), "Offline")
    folder = tree.place(Area.MEASUREMENTS, "open/Kit", *where)
    tree.json(f"{folder}/run_metadata_performance.json", metadata)
    return version, tree.root


def test_a_tree_that_names_its_round_is_checked_by_it_without_a_word(
    stated: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    version, root = stated
    assert main(["check", "--input", str(root)]) == 0
    assert capsys.readouterr().err == ""
    assert check_tree(root).round == version


def test_a_round_that_was_asked_for_overrules_the_trees_in_one_line(
    stated: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    version, root = stated
    main(["check", "--input", str(root), "--version", default_round(), "--json", "-"])
    said = capsys.readouterr()
    assert json.loads(said.out)["round"] == default_round()
    assert said.err.count("\n") == 1
    assert f"of round {version}; --version {default_round()} overrules it" in said.err


def test_a_tree_that_names_a_round_without_a_table_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = build("open", tmp_path / "tree", load_policy(default_round()))
    folder = "open/Kit/measurements/node/sparse-bert/Offline"
    tree.json(f"{folder}/run_metadata_accuracy.json", {"round": "v9.9"})
    assert main(["check", "--input", str(tree.root)]) == 2
    assert "no policy for round 'v9.9'" in capsys.readouterr().err
    assert main(["check", "--input", str(tree.root), "--version", default_round()]) == 0


def test_no_rule_names_a_round(repo: Path) -> None:
    for module in (repo / "submission" / "checks" / "rules").glob("*.py"):
        assert not any(version in module.read_text() for version in rounds()), module.name


def official_constants(version: str) -> dict[str, Any]:
    """The constants of a round's official checker, as far as they were collected."""
    notes = Path(__file__).parents[3].parent / "shared" / "notes"
    files = [notes / name for name in ("rounds_more.json", "rounds.json")]
    if not all(file.is_file() for file in files):
        pytest.skip("no constants of the rounds beside the checkout: nothing to compare with")
    more, first = (json.loads(file.read_text()) for file in files)
    known = {**more, **first}
    if version not in known:
        pytest.skip(f"no constants of {version} were collected: nothing to compare with")
    return dict(known[version])


@pytest.mark.parametrize("version", rounds())
def test_the_table_of_a_round_holds_the_official_constants(version: str) -> None:
    official, policy = official_constants(version), load_policy(version)
    assert policy.seeds.by_key() == official["seeds"]
    seeds = policy.seeds_of("TEST05").by_key() if "TEST05" in policy.compliance else None
    assert seeds == official["test05_seeds"]
    assert set(policy.benchmarks) == set(official["models"])
    for name, terms in policy.benchmarks.items():
        pairs = official["accuracy-target"][name]
        pairs = pairs if isinstance(pairs, list) else pairs["Offline"]
        asked = [metric for metric in terms.metrics if metric.target is not None]
        assert [metric.name for metric in asked] == pairs[::2]
        targets = [metric.target for metric in asked]
        assert targets == pytest.approx(pairs[1::2], abs=1e-12)
        assert terms.performance_sample_count == official["performance-sample-count"][name]
        bounds = official["latency-constraint"].get(name, {})
        assert terms.server_latency_bound_ns == bounds.get("Server")
        assert terms.interactive_latency_bound_ns == bounds.get("Interactive")
        assert dict(terms.min_query_count) == official["min-queries"][name]
    for kind in ("datacenter", "edge"):
        required = official[f"required-scenarios-{kind}"]
        assert {n: set(s) for n, s in policy.required_scenarios[kind].items()} == {
            n: set(map(Scenario, s)) for n, s in required.items()
        }


LATER = [version for version in rounds() if version > "v3.0"]


@pytest.mark.parametrize("version", LATER)
def test_what_is_required_of_systems_and_runs_is_the_official_checkers(version: str) -> None:
    official, policy = official_constants(version), load_policy(version)
    fields = policy.system_fields
    assert set(fields.required) == set(official["system-fields-required"])
    assert set(fields.meaningful) == set(official["system-fields-meaningful"])
    assert list(fields.power) == official["system-fields-power"]
    assert list(policy.loadgen_versions) == official["loadgen-versions"]
    least = official["offline-min-samples"]
    for name, terms in policy.benchmarks.items():
        assert list(terms.compliance_tests) == official["compliance-tests"][name]
        assert policy.offline_samples(terms) == least.get(name, policy.offline_min_samples)
    for scenario, terms_of in policy.scenarios.items():
        assert terms_of.result_key == official["result-field"].get(scenario, terms_of.result_key)


@pytest.mark.parametrize("version", LATER)
def test_what_is_required_of_language_models_is_the_official_checkers(version: str) -> None:
    official, policy = official_constants(version), load_policy(version)

    def of(key: str, name: str, default: Any) -> Any:
        return (official.get(key) or {}).get(name, default)

    for name, terms in policy.benchmarks.items():
        pairs = of("accuracy-upper-limit", name, [])
        limited = [metric for metric in terms.metrics if metric.upper_limit is not None]
        assert [metric.name for metric in limited] == pairs[::2]
        assert [metric.upper_limit for metric in limited] == pytest.approx(pairs[1::2])
        limits = terms.token_limits.items()
        assert of("token-latency-limits-ns", name, {}) == {
            scenario: {"ttft": limit.ttft_ns, "tpot": limit.tpot_ns} for scenario, limit in limits
        }
        files = {folder: list(stems) for folder, stems in terms.accuracy_files.items()}
        assert files == of("extra-accuracy-files", name, {})
        sizes = of("dataset-size", name, terms.accuracy_sample_count)
        # the samples that LoadGen logs for it, where they are others than those of the set
        logged = of("accuracy-sample-count", name, sizes)
        logged = logged if isinstance(logged, dict) else {"Offline": logged}
        for scenario, count in logged.items():
            assert terms.accuracy_samples(Scenario(scenario)) == count
        for scenario, unit in of("units-of-benchmark", name, {}).items():
            assert terms.result_units[Scenario.named(scenario)] == unit
        shares = official["conf"]["target_latency_percentile"]
        for scenario, described in policy.scenarios.items():
            every = shares["*"].get(str(scenario.logged), 100 * described.target_latency_percentile)
            percent = shares.get(terms.loadgen_model, {}).get(scenario, every)
            own = policy.percentile(scenario, terms)
            assert own == pytest.approx(percent / 100) or scenario is Scenario.OFFLINE
        keys = of("result-field-of-benchmark", name, {})
        assert {scenario: terms.result_keys[Scenario(scenario)] for scenario in keys} == keys


def gptj(root: Path) -> SubmissionTree:
    """closed/Kit of v3.1: a benchmark of four metrics, and without compliance tests."""
    tree = SubmissionTree(root, load_policy("v3.1"))
    tree.system("closed/Kit", "board", system_type="edge")
    scenarios = {"SingleStream": Scenario.SINGLE_STREAM, "Offline": Scenario.SINGLE_STREAM}
    tree.benchmark("closed/Kit", "board", "gptj-99", "gptj-99", scenarios)
    return tree


ROUGE = "closed/Kit/results/board/gptj-99/Offline/accuracy/accuracy.txt"


def test_a_benchmark_of_several_metrics_passes_where_all_are_met(tmp_path: Path) -> None:
    gptj(tmp_path)
    report = check_tree(tmp_path, version="v3.1")
    assert report.passed
    assert {result.accuracy for result in report.results} == {"43.0"}
    assert report.official.exit_code == 0


@pytest.mark.parametrize(
    ("edit", "finding"),
    [
        (
            ("'rouge2': 20.2", "'rouge2': 19.92"),
            ("ACC007", "ROUGE2", "at least 19.922265 for gptj-99"),
        ),
        (("'rougeL'", "'rougeLsum'"), ("ACC003", "ROUGEL", "ROUGEL in its form")),
        (
            ("'rouge1': 43.0", "'rouge1': 143.0"),
            ("ACC004", "ROUGE1", "a number from 0 to 100"),
        ),
    ],
)
def test_one_metric_of_several_is_enough_to_reject(
    edit: tuple[str, str], finding: tuple[str, str, str], tmp_path: Path
) -> None:
    tree = gptj(tmp_path)
    for path in (ROUGE, ROUGE.replace("Offline", "SingleStream")):
        tree.write(path, tree.read(path).replace(*edit))
    report = check_tree(tmp_path, version="v3.1")
    found = [f for f in report.findings if f.severity is not Severity.NOTE]
    assert {(f.rule, f.key, f.expected) for f in found} == {finding}


@pytest.mark.parametrize(("limit", "rules"), [(90.2, set()), (90.1, {"ACC007"})])
def test_a_metric_can_have_an_upper_limit(
    limit: float, rules: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = copy.deepcopy(resolved_table("v3.0"))
    table["benchmarks"]["bert-99"]["metrics"][0]["upper_limit"] = limit
    policy = policy_from(table)
    monkeypatch.setattr("submission.checks.tree.load_policy", lambda _version: policy)
    build("closed", tmp_path, policy)
    report = check_tree(tmp_path, version="v3.0")
    assert {f.rule for f in report.findings if f.severity is Severity.ERROR} == rules
    refused = {result.official_reason for result in report.results} - {None}
    assert refused == ({"accuracy 90.2 is above 90.1"} if rules else set())


def test_the_page_of_the_rounds_has_a_line_for_each(repo: Path) -> None:
    page = (repo / "measurements" / "rounds.md").read_text(encoding="utf-8")
    for version in rounds():
        (line,) = (line for line in page.splitlines() if line.startswith(f"| {version} | by "))
        layout, kind = (cell.strip() for cell in line.split("|")[2:4])
        policy = load_policy(version)
        assert layout.replace(" ", "_") == policy.layout
        assert kind.split(",")[0] == policy.official.kind
        assert ("strict" in kind) is (policy.official.strict and kind != "package")
