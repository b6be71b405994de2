"""Files become parts as split(1) names them, with a manifest that rejoins them."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from submission.artifacts.manifest import Manifest
from submission.artifacts.rejoin import rejoin
from submission.artifacts.split import part_name, split, split_all
from submission.errors import StageError, UsageError
from tests.unit.artifacts.conftest import ABOUT


def test_parts_are_those_of_the_published_command(tmp_path: Path) -> None:
    (tmp_path / "m.bin").write_bytes(bytes(i % 253 for i in range(9_500)))
    (tmp_path / "theirs").mkdir()
    command = ["split", "-b", "100", "-d", "m.bin", "theirs/m.bin_p"]
    subprocess.run(command, cwd=tmp_path, check=True)
    split(tmp_path / "m.bin", tmp_path / "ours", part_bytes=100)
    theirs = {p.name: p.read_bytes() for p in (tmp_path / "theirs").iterdir()}
    assert {p.name: p.read_bytes() for p in (tmp_path / "ours").iterdir()} == theirs
    assert "m.bin_p9004" in theirs


def test_the_manifest_holds_true_checksums(toy: Manifest, tmp_path: Path) -> None:
    content = (tmp_path / "source" / "model.bin").read_bytes()
    weights = toy.role("weights")
    assert weights.checksums.sha256 == hashlib.sha256(content).hexdigest()
    assert [part.size_bytes for part in weights.parts] == [1000, 1000, 500]
    assert toy.role("topology").whole


@pytest.mark.parametrize(("size", "names"), [(999, 1), (1000, 1), (1001, 2), (0, 1)])
def test_a_file_is_split_only_above_the_part_size(size: int, names: int, tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(bytes(size))
    assert len(split(tmp_path / "m", tmp_path / "t", part_bytes=1000).parts) == names


@pytest.mark.slow
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300), part_bytes=st.integers(1, 50))
def test_what_was_split_rejoins_to_the_same_bytes(
    content: bytes, part_bytes: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    here = tmp_path_factory.mktemp("split")
    (here / "m.bin").write_bytes(content)
    manifest = split_all([(here / "m.bin", "weights")], here / "s", ABOUT, part_bytes=part_bytes)
    rejoin(manifest, here / "s" / "parts", here / "out")
    assert (here / "out" / "m.bin").read_bytes() == content


def test_numbers_go_on_after_ninety_parts() -> None:
    assert [part_name("x", i) for i in (0, 89, 90, 989)] == ["x_p00", "x_p89", "x_p9000", "x_p9899"]


def test_a_split_into_fewer_parts_leaves_none_of_the_earlier_ones(tmp_path: Path) -> None:
    (tmp_path / "m.bin").write_bytes(bytes(1000))
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/other.bin_p07").write_bytes(b"kept")
    for part_bytes in (100, 500):
        split(tmp_path / "m.bin", tmp_path / "parts", part_bytes=part_bytes)
    left = sorted(p.name for p in (tmp_path / "parts").iterdir())
    assert left == ["m.bin_p00", "m.bin_p01", "other.bin_p07"]


def test_too_many_parts_are_refused(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(bytes(991))
    with pytest.raises(UsageError, match="needs too many parts"):
        split(tmp_path / "m", tmp_path / "t", part_bytes=1)


@pytest.mark.parametrize("part_bytes", [0, -1])
def test_a_part_holds_something(part_bytes: int, tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b"x")
    with pytest.raises(UsageError, match="at least one byte"):
        split(tmp_path / "m", tmp_path / "t", part_bytes=part_bytes)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        split(tmp_path / "m", tmp_path / "t")


def test_a_target_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b"x")
    with pytest.raises(StageError, match="cannot be split"):
        split(tmp_path / "m", tmp_path / "m" / "below")
