"""A tree says its own round; what was asked for comes first, and the default round last."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from submission.errors import UsageError
from submission.policy import default_round
from submission.tree import round as tree_round
from submission.tree.recognised import chosen_round
from submission.tree.round import round_of


def state(root: Path, content: object, *, system: str = "node", mode: str = "performance") -> Path:
    """One folder of measurements whose run metadata is ``content``."""
    folder = root / "open/Kit/measurements" / system / "bert-99/Offline"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"run_metadata_{mode}.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_the_metadata_of_any_run_says_the_round(tmp_path: Path) -> None:
    state(tmp_path, {"round": "v2.1"}, mode="accuracy")
    assert round_of(tmp_path) == "v2.1"


@pytest.mark.parametrize(
    "content",
    [
        {"profile": "demo"},
        {"round": 3.0},
        {"round": "latest"},
        {"round": "v3.0\n"},
        ["round", "v3.0"],
        "{",
        '{"round": "v2.1", "x": "' + "x" * 300_000 + '"}',
    ],
)
def test_metadata_that_names_no_round_says_none(tmp_path: Path, content: object) -> None:
    state(tmp_path, content)
    assert round_of(tmp_path) is None


def test_a_tree_without_metadata_says_none(tmp_path: Path) -> None:
    assert round_of(tmp_path) is None
    assert round_of(tmp_path / "missing") is None
    (tmp_path / "open/Kit/measurements/node/bert-99/Offline").mkdir(parents=True)
    (tmp_path / "closed").write_text("a file")
    assert round_of(tmp_path) is None


def test_no_link_is_followed(tmp_path: Path) -> None:
    outside = state(tmp_path / "outside", {"round": "v2.1"})
    folder = tmp_path / "tree/open/Kit/measurements/node/bert-99/Offline"
    folder.mkdir(parents=True)
    (folder / outside.name).symlink_to(outside)
    (tmp_path / "tree/closed").symlink_to(tmp_path / "outside/open")
    assert round_of(tmp_path / "tree") is None


def test_two_rounds_in_one_tree_need_a_decision(tmp_path: Path) -> None:
    state(tmp_path, {"round": "v2.1"})
    state(tmp_path, {"round": "v3.0"}, system="other")
    with pytest.raises(UsageError) as caught:
        round_of(tmp_path)
    assert "v2.1 in open/Kit/measurements/node" in caught.value.detail
    assert "--version" in caught.value.hint
    assert chosen_round(tmp_path, "v2.1", pytest.fail) == "v2.1"


def test_only_so_many_systems_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree_round, "MOST_SYSTEMS", 2)
    for name in ("a", "b"):
        state(tmp_path, {}, system=name)
    state(tmp_path, {"round": "v2.1"}, system="c")
    assert round_of(tmp_path) is None


def test_the_tree_is_believed_unless_a_round_was_asked_for(tmp_path: Path) -> None:
    assert chosen_round(tmp_path, None, pytest.fail) == default_round()
    assert chosen_round(tmp_path, "v2.0", pytest.fail) == "v2.0"
    state(tmp_path, {"round": "v2.1"})
    assert chosen_round(tmp_path, None, pytest.fail) == "v2.1"
    assert chosen_round(tmp_path, "v2.1", pytest.fail) == "v2.1"


def test_a_contradiction_is_said_in_one_line(tmp_path: Path) -> None:
    state(tmp_path, {"round": "v2.1"})
    said: list[str] = []
    assert chosen_round(tmp_path, "v3.0", said.append) == "v3.0"
    assert said == ["the tree says that it is of round v2.1; --version v3.0 overrules it"]
