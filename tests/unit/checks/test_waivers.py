"""Accepted breaches."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from submission.checks import check_tree, read_waivers, render_text
from submission.checks.book import INTEGRITY
from submission.checks.model import Waiver
from submission.checks.reports.json_form import SCHEMA
from submission.cli import main
from submission.errors import UsageError
from tests.fakes.good_tree import MEASURED, open_division


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree whose README is empty and whose code has no other, which the rules reject."""
    root = open_division(tmp_path / "tree")
    (root / MEASURED / "README.md").write_text("")
    (root / "open/Kit/code/sparse-bert/kit/README.md").write_text("no words\n")
    return root


def write(folder: Path, *entries: object) -> Path:
    (folder / "waivers.json").write_text(json.dumps(entries))
    return folder / "waivers.json"


def entry(**changes: object) -> dict[str, object]:
    return {"rule": "MEA003", "path": "open/*/README.md", "reason": "of the demo"} | changes


def test_a_waived_breach_does_not_reject(tree: Path, tmp_path: Path) -> None:
    report = check_tree(tree, waivers=read_waivers(write(tmp_path, entry())))
    assert report.passed
    assert {f.waived for f in report.findings if f.rule == "MEA003"} == {"of the demo"}
    assert "waived MEA003" in render_text(report)
    assert "of the demo" in render_text(report)


def test_a_waiver_elsewhere_does_not_help_and_is_reported(tree: Path, tmp_path: Path) -> None:
    report = check_tree(tree, waivers=read_waivers(write(tmp_path, entry(path="closed/*"))))
    assert not report.passed
    assert "no finding needs it" in {finding.found for finding in report.findings}


@pytest.mark.parametrize("path", ["*", "open/*", f"{MEASURED}/README.md", "open/Kit/*/README.m?"])
def test_a_pattern_crosses_slashes(path: str) -> None:
    assert Waiver(rule="MEA003", path=path, reason="x").covers(f"{MEASURED}/README.md")


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    assert not Waiver(rule="MEA003", path="*a" * 200 + "b", reason="x").covers("a" * 4000)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("{}", "it is not a list"),
        (json.dumps([1]), "must have exactly the keys path, reason, rule"),
        (
            json.dumps([{"rule": "MEA003", "path": "*"}]),
            "must have exactly the keys path, reason, rule",
        ),
        (json.dumps([entry(more=1)]), "must have exactly the keys path, reason, rule"),
        (json.dumps([entry(reason=" ")]), "must be texts, and not empty"),
        (json.dumps([entry(reason=None)]), "must be texts, and not empty"),
        (json.dumps([entry(rule="XYZ001")]), "no rule 'XYZ001'"),
    ],
)
def test_waivers_that_are_none_are_refused(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "waivers.json").write_text(text)
    with pytest.raises(UsageError) as caught:
        read_waivers(tmp_path / "waivers.json")
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 3


def test_the_published_schema_says_the_same(tmp_path: Path) -> None:
    schema = json.loads((SCHEMA.parent / "waivers.schema.json").read_text())
    validator = Draft202012Validator(schema)
    assert validator.is_valid([entry()])
    assert not validator.is_valid([entry(reason="")])
    assert not validator.is_valid([entry(more=1)])


def test_the_command_takes_them(tree: Path, tmp_path: Path) -> None:
    command = ["check", "--input", str(tree), "--quiet"]
    assert main(command) == 1
    assert main([*command, "--waivers", str(write(tmp_path, entry()))]) == 0


def test_no_waiver_lifts_a_rule_on_the_integrity_of_a_log(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="LOG001 cannot be waived"):
        read_waivers(write(tmp_path, entry(rule="LOG001")))
    summary = next(tree.glob("open/*/results/*/*/*/performance/run_1/mlperf_log_summary.txt"))
    summary.write_text("")
    waived = Waiver(rule="LOG011", path="*", reason="whatever")
    rules = {rule for rule in INTEGRITY if rule.startswith("LOG")}
    waivers = [Waiver(rule=rule, path="*", reason="whatever") for rule in rules] + [waived]
    found = [f for f in check_tree(tree, waivers=waivers).findings if f.rule in INTEGRITY]
    assert found
    assert all(finding.waived is None for finding in found)


def test_waivers_of_the_tree_that_is_checked_are_those_of_the_known_profile(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tree / "demo.json"
    own.write_text(json.dumps([entry()]))
    assert main(["check", "--input", str(tree), "--waivers", str(own)]) == 1
    said = capsys.readouterr()
    assert "waivers are not taken from the tree" in said.err
    assert "waived MEA003" not in said.out
    assert main(["check", "--input", str(tree), "--waivers", str(own.with_name("x.json"))]) == 2
    assert main(["check", "--input", str(tree), "--profile", "x"]) == 2


def test_the_waivers_of_an_image_are_those_of_its_own_account(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = tmp_path / "build.json"
    waiver = entry(own_data="words of profiles alone")
    account.write_text(json.dumps({"profiles": {"mine": {"waivers": [waiver]}}}))
    monkeypatch.setattr("submission.checks.known_profiles.BUILD_FILE", account)
    assert main(["check", "--input", str(tree), "--profile", "mine"]) == 0
    assert main(["check", "--input", str(tree), "--profile", "mine-model-data"]) == 0
    assert main(["check", "--input", str(tree), "--profile", "demo"]) == 2
