"""A listing reads a folder once, until it is told to forget it."""

from __future__ import annotations

from pathlib import Path

from submission.tree.listing import Listing


def test_what_is_forgotten_is_read_again_and_nothing_else(tmp_path: Path) -> None:
    for path in ("a/b/c", "a/d", "ab"):
        (tmp_path / path).mkdir(parents=True)
    listing = Listing(tmp_path)
    assert [path for path, _ in listing.below("a")] == ["a", "a/b", "a/b/c", "a/d"]
    assert not listing.has_file("a/b/c/x")
    assert not listing.has_file("a/d/x")
    assert not listing.has_file("ab/x")
    assert listing.folder("a/b/e") is None
    for path in ("a/b/c", "a/d", "ab"):
        (tmp_path / path / "x").write_text("x")
    (tmp_path / "a/b/e").mkdir()
    listing.forget("a/b")
    assert listing.has_file("a/b/c/x")
    assert listing.folder("a/b/e") is not None
    assert not listing.has_file("a/d/x")
    assert not listing.has_file("ab/x")


def test_a_folder_that_was_missing_is_found_once_its_parent_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    listing = Listing(tmp_path)
    listing.forget("a/b")
    assert listing.folder("a/b") is None
    (tmp_path / "a/b").mkdir()
    assert listing.folder("a/b") is None
    listing.forget("a")
    assert listing.folder("a/b") is not None
