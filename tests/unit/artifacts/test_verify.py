"""What is wrong is named; nothing is changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from submission.artifacts.digest import Checksums, Digests, digest_file
from submission.artifacts.manifest import Manifest
from submission.artifacts.rejoin import rejoin
from submission.artifacts.verify import FileFault, describe, verify, verify_parts


@pytest.fixture
def model(toy: Manifest, parts: Path, tmp_path: Path) -> Path:
    rejoin(toy, parts, tmp_path / "model")
    return tmp_path / "model"


def only_parts_have_checksums(toy: Manifest) -> Manifest:
    weights = replace(toy.role("weights"), checksums=Checksums())
    return replace(toy, files=(weights, *toy.files[1:]))


def test_right_files_give_no_finding(toy: Manifest, model: Path, parts: Path) -> None:
    assert verify(toy, model) == []
    assert verify_parts(toy, parts) == []


def test_a_changed_bit_is_found_in_its_part(toy: Manifest, model: Path) -> None:
    content = bytearray((model / "model.bin").read_bytes())
    content[1500] ^= 4
    (model / "model.bin").write_bytes(content)
    found = verify(toy, model)
    assert [(f.name, f.fault) for f in found] == [("model.bin_p01", FileFault.DAMAGED)]
    assert verify(only_parts_have_checksums(toy), model) == found


def test_parts_alone_can_vouch_for_the_whole(toy: Manifest, model: Path) -> None:
    assert verify(only_parts_have_checksums(toy), model) == []


@pytest.mark.parametrize(
    ("size", "fault"), [(None, FileFault.MISSING), (10, FileFault.SHORT), (3000, FileFault.LONG)]
)
def test_a_wrong_size_is_called_so(
    size: int | None, fault: FileFault, toy: Manifest, model: Path
) -> None:
    (model / "model.bin").unlink()
    if size is not None:
        (model / "model.bin").write_bytes(bytes(size))
    assert [f.fault for f in verify(toy, model)] == [fault]


def test_a_folder_in_place_of_a_file_is_unreadable(toy: Manifest, tmp_path: Path) -> None:
    (tmp_path / "model" / "model.xml").mkdir(parents=True)
    unsized = replace(toy.files[1].parts[0], size_bytes=None)
    file = replace(toy.files[1], size_bytes=None, parts=(unsized,))
    found = verify(replace(toy, files=(file,)), tmp_path / "model")
    assert [f.fault for f in found] == [FileFault.UNREADABLE]


def test_content_that_nothing_judges_is_no_failure(toy: Manifest, model: Path) -> None:
    bare = replace(toy.files[1].parts[0], checksums=Checksums())
    unknown = replace(toy, files=(replace(toy.files[1], checksums=Checksums(), parts=(bare,)),))
    found = verify(unknown, model)
    assert [(f.fault, f.failed) for f in found] == [(FileFault.UNKNOWN, False)]


def test_verifying_changes_nothing(toy: Manifest, tmp_path: Path) -> None:
    assert len(verify(toy, tmp_path / "nowhere")) == 2
    assert not (tmp_path / "nowhere").exists()


def test_many_findings_fit_into_one_line(toy: Manifest, tmp_path: Path) -> None:
    words = describe(verify_parts(toy, tmp_path))
    assert words.count("is missing") == 3
    assert words.endswith("and 1 more")


def test_three_checksums_come_from_one_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"hello\n")
    seen = digest_file(tmp_path / "x", ("git_blob", "md5", "sha256"))
    assert seen.git_blob == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert seen.md5 == "b1946ac92492d2347c6235b4d2611184"
    assert seen.sha256 is not None
    assert seen.sha256.startswith("5891b5b522d5df086d0ff0b110fbd9d21bb4fc71")


def test_only_what_both_sides_know_is_compared() -> None:
    digests = Digests(("md5",), size_bytes=0)
    empty = digests.checksums()
    assert Checksums(sha256="0" * 64).difference(empty) is None
    assert Checksums(md5="0" * 32).difference(empty) is not None
