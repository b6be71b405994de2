"""The archive is the same bytes whenever and wherever the same tree is packed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from submission.errors import StageError
from submission.tree.build import build_tree
from submission.tree.order import TreeOrder
from submission.tree.pack import pack
from submission.tree.plan import tree_plan


@pytest.fixture
def tree(order: TreeOrder, tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    build_tree(tree_plan(order, max_file_bytes=50 << 20), folder)
    return folder


def test_two_packs_are_byte_identical_whatever_times_modes_and_names(
    tree: Path, tmp_path: Path
) -> None:
    first = pack(tree, tmp_path / "a.tar.gz")
    for path in tree.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(path.stat().st_mode | 0o020)
    second = pack(tree, tmp_path / "other" / "b.tar.gz")
    assert first == second
    assert (tmp_path / "a.tar.gz").read_bytes() == (tmp_path / "other" / "b.tar.gz").read_bytes()


def test_the_digest_is_that_of_the_archive_and_lies_beside_it(tree: Path, tmp_path: Path) -> None:
    digest = pack(tree, tmp_path / "a.tar.gz")
    assert digest == hashlib.sha256((tmp_path / "a.tar.gz").read_bytes()).hexdigest()
    subprocess.run(["sha256sum", "--strict", "-c", "a.tar.gz.sha256"], cwd=tmp_path, check=True)


def test_what_is_unpacked_passes_its_own_sums(tree: Path, tmp_path: Path) -> None:
    pack(tree, tmp_path / "a.tar.gz")
    (tmp_path / "new").mkdir()
    subprocess.run(["tar", "-xzf", tmp_path / "a.tar.gz", "-C", tmp_path / "new"], check=True)
    subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=tmp_path / "new", check=True)


def test_names_are_sorted_and_nothing_of_the_packer_is_in_it(tree: Path, tmp_path: Path) -> None:
    pack(tree, tmp_path / "a.tar.gz")
    with tarfile.open(tmp_path / "a.tar.gz") as archive:
        members = archive.getmembers()
    assert [m.name for m in members] == sorted(m.name for m in members)
    assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in members} == {(0, 0, "", "", 0)}
    assert {m.mode for m in members} == {0o644, 0o755}
    assert (tmp_path / "a.tar.gz").read_bytes()[4:8] == b"\0\0\0\0"


def test_a_name_longer_than_old_tar_takes_is_packed(tmp_path: Path) -> None:
    deep = tmp_path / "tree" / ("a" * 120) / ("b" * 200)
    deep.parent.mkdir(parents=True)
    deep.write_text("x")
    pack(tmp_path / "tree", tmp_path / "a.tar.gz")
    with tarfile.open(tmp_path / "a.tar.gz") as archive:
        assert archive.getnames() == [f"{'a' * 120}/{'b' * 200}"]


@pytest.mark.parametrize("made", [True, False])
def test_an_empty_tree_is_not_packed(tmp_path: Path, made: bool) -> None:
    if made:
        (tmp_path / "tree").mkdir()
    with pytest.raises(StageError, match="nothing to pack"):
        pack(tmp_path / "tree", tmp_path / "a.tar.gz")
    assert not (tmp_path / "a.tar.gz").exists()


def test_a_link_in_the_tree_is_refused_and_the_old_archive_stays(
    tree: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"old")
    (tree / "link").symlink_to("README.md")
    with pytest.raises(StageError, match="neither links"):
        pack(tree, tmp_path / "a.tar.gz")
    assert (tmp_path / "a.tar.gz").read_bytes() == b"old"


def test_an_archive_that_cannot_be_written_is_reported(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StageError, match="could not be written"):
        pack(tree, tmp_path / "file" / "a.tar.gz")
