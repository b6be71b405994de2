"""A full disk or a kill -9 costs the new tree, never the old one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from submission.tree.build import build_tree
from submission.tree.order import Placement
from submission.tree.pack import pack

BUILD = """
import sys
from pathlib import Path
from submission.tree.build import build_tree
from submission.tree.order import Placement
source, target = map(Path, sys.argv[1:])
build_tree([Placement(target="a", source=b"new"), Placement(target="b", source=source)], target)
"""
# a limit on the size of files is the nearest to a full disk that needs no mount
FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from submission.errors import StageError
from submission.tree.build import build_tree
from submission.tree.order import Placement
from submission.tree.pack import pack
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
target, archive = map(Path, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
for work in (
    lambda: build_tree([Placement(target="a", source=b"x" * 5000)], target),
    lambda: pack(target, archive),
):
    try:
        work()
    except StageError as error:
        print(error.what, "|", error.detail)
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    build_tree([Placement(target="old", source=os.urandom(5000))], tmp_path / "tree")
    return tmp_path / "tree"


def test_a_build_that_is_killed_leaves_the_old_tree_and_the_next_one_succeeds(
    tree: Path, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    child = subprocess.Popen([sys.executable, "-c", BUILD, str(pipe), str(tree)])
    with pipe.open("wb"):  # opened by both: the child now waits for the content
        child.kill()
        child.wait()
    assert (tree / "old").is_file()
    assert (tree.parent / "tree.part" / "a").read_bytes() == b"new"
    build_tree([Placement(target="a", source=b"newer")], tree)
    assert sorted(path.name for path in tree.iterdir()) == ["SHA256SUMS", "a"]
    assert not (tree.parent / "tree.part").exists()


def test_a_full_disk_is_reported_and_tree_and_archive_stay(tree: Path, tmp_path: Path) -> None:
    archive = tmp_path / "tree.tar.gz"
    pack(tree, archive)
    before = archive.read_bytes()
    (tree / "old").write_bytes(os.urandom(5000))
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tree), str(archive)],
        capture_output=True,
        text=True,
        check=True,
    )
    reported = done.stdout.splitlines()
    assert [line.split(" | ")[0] for line in reported] == [
        f"The tree could not be written below {tmp_path}",
        f"The archive {archive} could not be written",
    ]
    assert all("File too large" in line for line in reported)
    assert archive.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "tree",
        "tree.tar.gz",
        "tree.tar.gz.sha256",
    ]
