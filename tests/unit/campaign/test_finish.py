"""The joined tree of a campaign, where another tree has its place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from submission.campaign import finish
from submission.campaign.finish import JoinTrees
from submission.files import write_json
from submission.runs.context import Context
from submission.terms import Mode
from submission.tree.contents import NamedTree
from submission.tree.grammar import RUN_METADATA, SUMS_FILE
from submission.tree.sums import sha256sums
from submission.workspace.resolve import resolve

ONE, OTHER = "1-node-A", "1-node-B"


def measured(tree: Path, *systems: str, profile: str = "demo") -> None:
    for system in systems:
        folder = tree / f"open/Demo/measurements/{system}/minilm-squad/Offline"
        write_json(folder / RUN_METADATA[Mode.PERFORMANCE], {"profile": profile})
    (tree / SUMS_FILE).write_text(sha256sums(tree), encoding="utf-8")


class Lines:
    """A reporter that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def progress(self, fraction: float | None, note: str = "") -> None: ...

    def figure(self, words: str) -> None: ...

    def line(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture
def joined(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[JoinTrees, Lines]:
    """The stage that joins two systems; the joining itself is tested elsewhere."""

    def join_trees(sources: Sequence[NamedTree], out: Path, **_: Any) -> SimpleNamespace:
        measured(out, *(each.name for each in sources))
        return SimpleNamespace(results=2, systems=(ONE, OTHER), files=2)

    monkeypatch.setattr(finish, "join_trees", join_trees)
    environment = {"WORKSPACE": str(tmp_path), "RUNNER": "host"}
    workspace = resolve(repo, environment=environment, arguments={})
    context = Context(workspace=workspace, connect=pytest.fail)
    return JoinTrees(context, trees={ONE: tmp_path / "a", OTHER: tmp_path / "b"}), (Lines())


def test_a_tree_of_other_results_is_kept(joined: tuple[JoinTrees, Lines], tmp_path: Path) -> None:
    stage, report = joined
    measured(tmp_path / "submission", "1-node-C", profile="official")
    stage.run(report)
    kept = tmp_path / "trees/Demo-1-node-C-official/submission"
    assert (kept / "open/Demo/measurements/1-node-C").is_dir()
    assert any(str(kept) in line for line in report.lines)
    assert (tmp_path / f"submission/open/Demo/measurements/{ONE}").is_dir()
    assert not (tmp_path / "submission/open/Demo/measurements/1-node-C").exists()


def test_the_same_systems_take_their_own_place(
    joined: tuple[JoinTrees, Lines], tmp_path: Path
) -> None:
    stage, report = joined
    for _ in range(2):
        stage.run(report)
    assert not (tmp_path / "trees").exists()
    assert (tmp_path / f"submission/open/Demo/measurements/{OTHER}").is_dir()
