"""SHA256SUMS says what lies in a tree, and what was changed since."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from submission.errors import StageError
from submission.tree.build import build_tree
from submission.tree.grammar import SUMS_FILE
from submission.tree.order import Placement
from submission.tree.sums import (
    SumsDifference,
    sha256sums,
    stated_differences,
    sums_differences,
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    build_tree([Placement(target=f"a/{n}", source=n.encode()) for n in "xyz"], folder)
    return folder


def test_lines_are_sorted_and_the_list_itself_is_left_out(tree: Path) -> None:
    lines = sha256sums(tree).splitlines()
    assert [line.split("  ")[1] for line in lines] == ["a/x", "a/y", "a/z"]
    assert lines[0].startswith(hashlib.sha256(b"x").hexdigest())


def test_a_tree_as_it_was_built_has_no_differences(tree: Path) -> None:
    assert sums_differences(tree) == []


def test_one_changed_byte_is_named_with_both_digests(tree: Path) -> None:
    (tree / "a" / "x").write_bytes(b"X")
    assert sums_differences(tree) == [
        SumsDifference(
            path="a/x",
            kind="changed",
            expected=hashlib.sha256(b"x").hexdigest(),
            found=hashlib.sha256(b"X").hexdigest(),
        )
    ]


def test_missing_and_added_files_are_named(tree: Path) -> None:
    (tree / "a" / "x").unlink()
    (tree / "a" / "new").write_text("")
    found = [(difference.path, difference.kind) for difference in sums_differences(tree)]
    assert found == [("a/new", "unlisted"), ("a/x", "missing")]


@pytest.mark.parametrize("text", ["nonsense\n", "a" * 63 + "  a/x\n", "\n"])
def test_a_damaged_list_is_reported_with_its_line(tree: Path, text: str) -> None:
    (tree / SUMS_FILE).write_text(text)
    with pytest.raises(StageError, match="is damaged") as stop:
        sums_differences(tree)
    assert stop.value.detail.startswith("line 1 ")


def test_a_tree_without_its_list_is_reported(tree: Path) -> None:
    (tree / SUMS_FILE).unlink()
    with pytest.raises(StageError, match="cannot be read"):
        sums_differences(tree)


def test_links_and_line_breaks_in_names_are_refused(tree: Path) -> None:
    (tree / "a\nb").write_text("")
    with pytest.raises(StageError, match="neither links nor names with line breaks"):
        sha256sums(tree)


def test_a_file_that_is_listed_twice_is_reported(tree: Path) -> None:
    path = tree / SUMS_FILE
    path.write_text(f"{'0' * 64}  a/x\n" + path.read_text())
    with pytest.raises(StageError) as stop:
        sums_differences(tree)
    assert stop.value.detail == "line 2 names a file a second time: a/x"


def test_of_a_tree_of_anybody_only_what_is_stated_and_a_file_is_compared(
    tree: Path, tmp_path: Path
) -> None:
    assert stated_differences(tree) == []
    listed = sha256sums(tree).splitlines()
    outside = tmp_path / "outside"
    outside.write_text("secret")
    more = [f"{'0' * 64}  ../outside", f"{'0' * 64}  a/none", "what is no sum"]
    (tree / SUMS_FILE).write_text("\n".join([*listed[:2], *more]) + "\n")
    (tree / "a" / "x").write_bytes(b"X")
    (tree / "a" / "link").symlink_to(outside)
    os.mkfifo(tree / "a" / "pipe")
    (tree / ".git").mkdir()
    (tree / ".git" / "config").write_text("")
    found = [(each.path, each.kind) for each in stated_differences(tree)]
    assert found == [("../outside", "missing"), ("a/none", "missing"), ("a/x", "changed")]


def test_a_list_of_some_files_or_of_another_place_says_nothing_of_the_others(tree: Path) -> None:
    (first, *_) = sha256sums(tree).splitlines()
    (tree / SUMS_FILE).write_text(f"{first}\n")
    assert stated_differences(tree) == []
    (tree / SUMS_FILE).write_text(sha256sums(tree).replace("  a/", "  submission/a/"))
    assert stated_differences(tree) == []


def test_a_list_that_cannot_be_read_says_nothing_of_a_tree(tree: Path) -> None:
    for content in (b"", b"\xff\xfe", b"an essay\n"):
        (tree / SUMS_FILE).write_bytes(content)
        assert stated_differences(tree) == []
    (tree / SUMS_FILE).unlink()
    (tree / SUMS_FILE).symlink_to(tree / "a" / "x")
    assert stated_differences(tree) == []
