"""The tree takes its place in one step, or the old one stays."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from submission.errors import StageError
from submission.tree.build import build_tree
from submission.tree.order import Placement, TreeOrder
from submission.tree.plan import tree_plan
from submission.tree.sums import sha256sums

LIMIT_BYTES = 50 << 20


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def placements(order: TreeOrder) -> list[Placement]:
    return tree_plan(order, max_file_bytes=LIMIT_BYTES)


@pytest.fixture
def old_tree(tmp_path: Path) -> Path:
    folder = tmp_path / "out" / "submission"
    folder.mkdir(parents=True)
    (folder / "old.txt").write_text("old")
    return folder


def test_the_tree_holds_exactly_what_was_planned_and_its_sums(
    placements: list[Placement], tmp_path: Path
) -> None:
    build_tree(placements, tmp_path / "tree")
    assert set(files(tmp_path / "tree")) == {p.target for p in placements} | {"SHA256SUMS"}


def test_the_tree_has_no_empty_folder_link_or_dotfile(
    placements: list[Placement], tmp_path: Path
) -> None:
    build_tree(placements, tmp_path / "tree")
    for folder, folders, names in os.walk(tmp_path / "tree"):
        assert folders or names
        assert not [name for name in folders + names if name.startswith(".") or " " in name]
        assert not [name for name in names if (Path(folder) / name).is_symlink()]


def test_sha256sum_of_the_system_accepts_the_tree(
    placements: list[Placement], tmp_path: Path
) -> None:
    build_tree(placements, tmp_path / "tree")
    subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=tmp_path / "tree", check=True)
    assert (tmp_path / "tree" / "SHA256SUMS").read_text() == sha256sums(tmp_path / "tree")


def test_modes_do_not_depend_on_the_umask_and_scripts_stay_executable(
    placements: list[Placement], tmp_path: Path
) -> None:
    before = os.umask(0o077)
    try:
        build_tree(placements, tmp_path / "tree")
    finally:
        os.umask(before)
    modes = {p: p.stat().st_mode & 0o777 for p in (tmp_path / "tree").rglob("*")}
    executable = {p.name for p, mode in modes.items() if mode == 0o755 and p.is_file()}
    assert executable == {"entrypoint"}
    assert {mode for p, mode in modes.items() if p.is_dir()} == {0o755}
    assert {mode for p, mode in modes.items() if p.is_file()} == {0o644, 0o755}


def test_a_link_as_source_becomes_a_file(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    build_tree([Placement(target="a", source=tmp_path / "link")], tmp_path / "tree")
    assert not (tmp_path / "tree" / "a").is_symlink()


def test_the_new_tree_replaces_the_old_one_wholly(
    placements: list[Placement], old_tree: Path
) -> None:
    build_tree(placements, old_tree)
    assert "old.txt" not in files(old_tree)
    assert sorted(path.name for path in old_tree.parent.iterdir()) == ["submission"]


def test_a_damaged_model_part_stops_the_build_and_the_old_tree_stays(
    placements: list[Placement], part: Path, old_tree: Path
) -> None:
    part.write_bytes(b"damaged")
    with pytest.raises(StageError, match="another SHA-256 than its manifest says"):
        build_tree(placements, old_tree)
    assert files(old_tree) == {"old.txt": b"old"}
    assert sorted(path.name for path in old_tree.parent.iterdir()) == ["submission"]


def test_a_source_that_vanished_stops_the_build_and_the_old_tree_stays(
    placements: list[Placement], part: Path, old_tree: Path
) -> None:
    part.unlink()
    with pytest.raises(StageError, match="could not be written") as stop:
        build_tree(placements, old_tree)
    assert str(part) in stop.value.detail
    assert files(old_tree) == {"old.txt": b"old"}


def test_what_an_interrupted_build_left_does_not_end_up_in_the_tree(
    placements: list[Placement], tmp_path: Path
) -> None:
    left = tmp_path / "tree.part" / "open"
    left.mkdir(parents=True)
    (left / "stray.txt").write_text("x")
    build_tree(placements, tmp_path / "tree")
    assert not [name for name in files(tmp_path / "tree") if "stray" in name]


def test_a_tree_moved_aside_by_a_killed_build_is_not_lost(
    placements: list[Placement], old_tree: Path
) -> None:
    old_tree.rename(old_tree.with_name("submission.old"))
    with pytest.raises(StageError):
        build_tree([replace(placements[0], sha256="0" * 64)], old_tree)
    assert files(old_tree) == {"old.txt": b"old"}


def test_a_bad_name_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(StageError):
        build_tree([Placement(target="../x", source=b"")], tmp_path / "tree")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_trees_place_is_not_overwritten(
    placements: list[Placement], tmp_path: Path
) -> None:
    (tmp_path / "tree").write_text("mine")
    with pytest.raises(StageError, match="is a file"):
        build_tree(placements, tmp_path / "tree")
    assert (tmp_path / "tree").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_reported(
    placements: list[Placement], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StageError, match="could not be written"):
        build_tree(placements, tmp_path / "file" / "tree")
