"""The reviewer's commands name the tree's own things, and mount what the tree does not carry."""

from pathlib import Path

import pytest

from submission.readmes.commands import Reviewed, review_commands
from submission.runs.context import Context
from submission.stages.readme import WorkspaceSource
from submission.terms import Mode, RunId, Scenario
from submission.tree.texts import ShellCommand
from submission.workspace.resolve import resolve


def commands_of(repo: Path, tmp_path: Path, profile: str) -> dict[str, ShellCommand]:
    environment = {"PROFILE": profile, "WORKSPACE": str(tmp_path), "IMAGE": "kit:1"}
    workspace = resolve(repo, environment=environment, arguments={})
    of = Reviewed(
        accuracy=RunId(benchmark="m", scenario=Scenario.SERVER, mode=Mode.ACCURACY),
        performance_seen="rate: 1",
        accuracy_seen="F1: 2",
    )
    commands = review_commands(
        WorkspaceSource(Context(workspace=workspace, connect=pytest.fail)), of
    )
    return {command.lines[-1].partition("kit:1 ")[2].split()[0]: command for command in commands}


def lines_of(repo: Path, tmp_path: Path, profile: str) -> dict[str, str]:
    found = commands_of(repo, tmp_path, profile)
    return {name: "\n".join(command.lines) for name, command in found.items()}


@pytest.mark.parametrize("profile", ["demo", "official"])
def test_five_commands_name_benchmark_and_scenario(
    repo: Path, tmp_path: Path, profile: str
) -> None:
    found = lines_of(repo, tmp_path, profile)
    assert list(found) == ["check", "verify", "score", "reproduce", "info"]
    for command in ("score", "reproduce"):
        assert "--benchmark m --scenario Server" in found[command]


def test_a_profile_that_breaks_rules_brings_its_waivers(repo: Path, tmp_path: Path) -> None:
    assert lines_of(repo, tmp_path, "demo")["check"].endswith("check --profile demo")
    assert lines_of(repo, tmp_path, "official")["check"].endswith(" check")


def test_only_a_data_set_that_is_not_carried_is_mounted(repo: Path, tmp_path: Path) -> None:
    for profile, mounted in (("demo", False), ("official", True)):
        found = lines_of(repo, tmp_path, profile)
        for command in ("score", "reproduce"):
            mount = '-v "$SQUAD":/opt/workdir/datasets/squad:ro'
            assert (mount in found[command]) is mounted


def test_figures_of_the_tree_are_called_claimed_and_not_seen(repo: Path, tmp_path: Path) -> None:
    found = commands_of(repo, tmp_path, "demo")
    reported = {name: command.seen_is for name, command in found.items() if command.seen}
    assert set(reported) == {"score", "reproduce"}
    assert set(reported.values()) == {"This tree claims"}


def test_the_whole_log_has_a_place(repo: Path, tmp_path: Path) -> None:
    title = commands_of(repo, tmp_path, "demo")["score"].title
    assert " in out/runs/demo/m/Server/accuracy/mlperf_log_accuracy.json, or in " in title
