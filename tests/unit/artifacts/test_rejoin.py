"""Parts become files, or nothing changes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from submission.artifacts.fetch import fetch
from submission.artifacts.manifest import Manifest
from submission.artifacts.progress import Step
from submission.artifacts.rejoin import rejoin
from submission.errors import StageError

SHM = Path("/dev/shm")


def the_source(tmp_path: Path) -> bytes:
    return (tmp_path / "source" / "model.bin").read_bytes()


def left_over(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name != ".lock")


def test_fetched_parts_become_the_file_that_was_split(toy: Manifest, tmp_path: Path) -> None:
    fetch(toy, tmp_path / "parts")
    done = rejoin(toy, tmp_path / "parts", tmp_path / "model")
    assert done.made == ("model.bin", "model.xml")
    assert (tmp_path / "model" / "model.bin").read_bytes() == the_source(tmp_path)
    assert left_over(tmp_path / "model") == ["model.bin", "model.xml"]


def test_a_second_run_does_nothing_and_says_so(toy: Manifest, parts: Path, tmp_path: Path) -> None:
    rejoin(toy, parts, tmp_path / "model")
    before = (tmp_path / "model" / "model.bin").stat()
    reported: list[Step] = []
    done = rejoin(toy, parts, tmp_path / "model", report=reported.append)
    assert (done.made, done.kept) == ((), ("model.bin", "model.xml"))
    assert (tmp_path / "model" / "model.bin").stat().st_mtime_ns == before.st_mtime_ns
    assert "nothing to do" in reported[-1].words


def test_an_empty_model_from_elsewhere_is_made_again(
    toy: Manifest, parts: Path, tmp_path: Path
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.bin").touch()
    assert "model.bin" in rejoin(toy, parts, tmp_path / "model").made
    assert (tmp_path / "model" / "model.bin").read_bytes() == the_source(tmp_path)


def test_a_whole_file_comes_to_another_file_system_too(toy: Manifest, parts: Path) -> None:
    if not SHM.is_dir() or SHM.stat().st_dev == parts.stat().st_dev:
        pytest.skip("there is no second file system here")
    with tempfile.TemporaryDirectory(dir=SHM) as elsewhere:
        rejoin(toy, parts, Path(elsewhere))
        made = (Path(elsewhere) / "model.xml").read_bytes()
        assert left_over(Path(elsewhere)) == ["model.bin", "model.xml"]
    assert made == (parts / "model.xml").read_bytes()


def test_parts_are_removed_only_if_asked(toy: Manifest, parts: Path, tmp_path: Path) -> None:
    done = rejoin(toy, parts, tmp_path / "model", remove_parts=True)
    assert done.removed == ("model.bin_p00", "model.bin_p01", "model.bin_p02")
    assert left_over(parts) == ["model.xml"]
    assert rejoin(toy, parts, tmp_path / "model").made == ()


def spoil_missing(parts: Path) -> None:
    (parts / "model.bin_p01").unlink()


def spoil_short(parts: Path) -> None:
    (parts / "model.bin_p01").write_bytes(bytes(10))


def spoil_long(parts: Path) -> None:
    (parts / "model.bin_p02").write_bytes(bytes(501))


def spoil_bit(parts: Path) -> None:
    content = bytearray((parts / "model.bin_p01").read_bytes())
    content[500] ^= 1
    (parts / "model.bin_p01").write_bytes(content)


def spoil_swapped(parts: Path) -> None:
    one, two = parts / "model.bin_p00", parts / "model.bin_p01"
    one.rename(parts / "x")
    two.rename(one)
    (parts / "x").rename(two)


def spoil_extra(parts: Path) -> None:
    (parts / "model.bin_p03").write_bytes(b"more")


def spoil_whole(parts: Path) -> None:
    (parts / "model.xml").write_bytes(bytes(40))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_missing, "model.bin_p01 is missing"),
        (spoil_short, "model.bin_p01 is short: found 10 bytes, expected 1000 bytes"),
        (spoil_long, "model.bin_p02 is long: found 501 bytes, expected 500 bytes"),
        (spoil_bit, "model.bin_p01 is damaged"),
        (spoil_swapped, "model.bin_p00 is damaged: found the content of model.bin_p01"),
        (spoil_extra, "model.bin_p03 is extra"),
        (spoil_whole, "model.xml is damaged"),
    ],
)
def test_a_bad_part_is_named_and_nothing_is_left(
    spoil: object, words: str, toy: Manifest, parts: Path, tmp_path: Path
) -> None:
    assert callable(spoil)
    spoil(parts)
    with pytest.raises(StageError) as stop:
        rejoin(toy, parts, tmp_path / "model")
    assert words in stop.value.detail
    assert set(left_over(tmp_path / "model")) <= {"model.bin"}  # right, if it was made before
