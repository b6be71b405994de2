"""A full disk and a read-only one: an error, nothing half-made, and a later run resumes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from submission.artifacts.fetch import fetch
from submission.artifacts.manifest import Manifest, load_manifest
from submission.artifacts.rejoin import rejoin
from submission.artifacts.split import split, split_all
from submission.errors import StageError
from tests.unit.artifacts.conftest import ABOUT

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
SIZE = 3_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let root mount a tmpfs")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def large(tmp_path: Path) -> Manifest:
    """3 MB in three parts."""
    (tmp_path / "model.bin").write_bytes(bytes(i % 251 for i in range(SIZE)))
    return split_all(
        [(tmp_path / "model.bin", "weights")], tmp_path / "large", ABOUT, part_bytes=SIZE // 3
    )


def fill(disk: Path, leave: int) -> Path:
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(disk).free - leave))
    return ballast


def of_unknown_size(manifest: Manifest) -> Manifest:
    """The same content as one whole file whose size is not public: no check can come first."""
    folder = manifest.path.parent.parent
    whole = split_all([(folder / "model.bin", None)], folder / "whole", ABOUT)
    text = whole.path.read_text().replace(f'"bytes": {SIZE}', '"bytes": null')
    whole.path.write_text(text)
    return load_manifest(whole.path)


def test_too_little_room_is_said_before_anything_is_written(large: Manifest, disk: Path) -> None:
    fill(disk, 1_000_000)
    with pytest.raises(StageError, match="not enough disk space for the parts"):
        fetch(large, disk / "t")
    assert {p.name for p in (disk / "t").iterdir()} == {".lock"}


def test_a_disk_that_fills_up_in_a_fetch_stops_it_and_it_resumes(
    large: Manifest, disk: Path
) -> None:
    unsized = of_unknown_size(large)
    ballast = fill(disk, 1_000_000)
    with pytest.raises(StageError, match="No space left on device"):
        fetch(unsized, disk / "t")
    assert not (disk / "t" / "model.bin").exists()
    ballast.unlink()
    assert fetch(unsized, disk / "t").fetched == ("model.bin",)


def test_a_disk_without_room_for_the_join_keeps_the_old_model(large: Manifest, disk: Path) -> None:
    (disk / "model").mkdir()
    (disk / "model" / "model.bin").write_bytes(b"old")
    fill(disk, 1_000_000)
    with pytest.raises(StageError, match="not enough disk space for the files"):
        rejoin(large, large.path.parent / "parts", disk / "model")
    assert (disk / "model" / "model.bin").read_bytes() == b"old"


def test_a_split_that_does_not_fit_leaves_nothing(large: Manifest, disk: Path) -> None:
    fill(disk, 1_000_000)
    source = large.path.parent.parent / "model.bin"
    with pytest.raises(StageError, match="No space left on device"):
        split(source, disk / "t", part_bytes=SIZE // 6)
    assert list((disk / "t").iterdir()) == []


def test_a_read_only_disk_is_named(large: Manifest, disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    for work in (
        lambda: fetch(large, disk / "t"),
        lambda: rejoin(large, large.path.parent / "parts", disk / "t"),
        lambda: split(large.path.parent.parent / "model.bin", disk / "t"),
    ):
        with pytest.raises(StageError, match="Read-only file system"):
            work()
