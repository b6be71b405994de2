"""A tree may come as a folder or as an archive of a stranger."""

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from submission.errors import UsageError
from submission.tree.archive import Bounds, opened_tree


def packed(path: Path, *members: tuple[str, bytes | None], kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.type = kind if content is not None else tarfile.DIRTYPE
            entry.linkname = "/etc/passwd" if kind == tarfile.SYMTYPE else ""
            entry.size = len(content) if content is not None and kind == tarfile.REGTYPE else 0
            archive.addfile(entry, io.BytesIO(content or b""))
    return path


def test_a_folder_is_opened_in_place(tmp_path: Path) -> None:
    with opened_tree(tmp_path) as root:
        assert root == tmp_path


@pytest.mark.parametrize("above", ["", "inference_results/"])
def test_an_archive_is_unpacked_and_its_folder_goes_away(tmp_path: Path, above: str) -> None:
    archive = packed(tmp_path / "a.tar.gz", (f"{above}open/Demo/README.md", b"hello"))
    with opened_tree(archive) as root:
        assert (root / "open/Demo/README.md").read_bytes() == b"hello"
    assert not root.exists()


def test_what_a_mac_adds_is_beside_the_folder(tmp_path: Path) -> None:
    members = (("r/open/Demo/README.md", b"hello"), ("__MACOSX/r/open/._Demo", b"x"))
    with opened_tree(packed(tmp_path / "a.tar.gz", *members)) as root:
        assert [each.name for each in root.iterdir()] == ["open"]


@pytest.mark.parametrize("name", ["../open/x", "/open/x", "open/../../x"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    archive = packed(tmp_path / "a.tar.gz", (name, b"hello"))
    with pytest.raises(UsageError, match="cannot be unpacked"), opened_tree(archive):
        pass


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    archive = packed(tmp_path / "a.tar.gz", ("open/x", b""), kind=kind)
    with pytest.raises(UsageError) as refused, opened_tree(archive):
        pass
    assert refused.value.detail == "'open/x' is neither a file nor a folder"


@pytest.mark.parametrize("bounds", [Bounds(files=1), Bounds(size_bytes=7)])
def test_an_archive_larger_than_the_bounds_is_refused(tmp_path: Path, bounds: Bounds) -> None:
    archive = packed(tmp_path / "a.tar.gz", ("open/x", b"1234"), ("open/y", b"1234"))
    with pytest.raises(UsageError) as refused, opened_tree(archive, bounds=bounds):
        pass
    assert "it holds more than" in refused.value.detail


def test_an_archive_at_the_bounds_is_taken(tmp_path: Path) -> None:
    archive = packed(tmp_path / "a.tar.gz", ("open/x", b"1234"), ("open/y", b"1234"))
    with opened_tree(archive, bounds=Bounds(files=2, size_bytes=8)) as root:
        assert len(list((root / "open").iterdir())) == 2


@pytest.mark.parametrize("cut", [0, 40])
def test_a_damaged_archive_is_refused(tmp_path: Path, cut: int) -> None:
    archive = packed(tmp_path / "a.tar.gz", ("open/x", b"1234" * 99))
    archive.write_bytes(archive.read_bytes()[:cut] or b"no archive at all")
    with pytest.raises(UsageError, match="cannot be unpacked"), opened_tree(archive):
        pass


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="cannot be unpacked"), opened_tree(tmp_path / "pipe"):
        pass


def test_nothing_is_said_to_be_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no tree"), opened_tree(tmp_path / "gone"):
        pass


def zipped(path: Path, name: str, content: bytes, *, mode: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = mode << 16
        archive.writestr(entry, content)
    return path


@pytest.mark.parametrize("above", ["", "results-main/"])
def test_a_zip_is_unpacked_and_its_scripts_stay_scripts(tmp_path: Path, above: str) -> None:
    name = f"{above}open/Demo/run.sh"
    with opened_tree(zipped(tmp_path / "a.zip", name, b"hello", mode=0o100755)) as root:
        path = root / "open/Demo/run.sh"
        assert path.read_bytes() == b"hello"
        assert path.stat().st_mode & 0o100


@pytest.mark.parametrize(
    ("name", "mode", "why"),
    [
        ("../open/x", 0, "leads out of the tree"),
        ("/open/x", 0, "leads out of the tree"),
        ("open/x", 0o120777, "is neither a file nor a folder"),
    ],
)
def test_a_zip_with_links_or_names_that_lead_out_is_refused(
    tmp_path: Path, name: str, mode: int, why: str
) -> None:
    archive = zipped(tmp_path / "a.zip", name, b"/etc/passwd", mode=mode)
    with pytest.raises(UsageError) as refused, opened_tree(archive):
        pass
    assert why in refused.value.detail


def test_a_zip_that_is_damaged_or_too_large_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", "open/x", b"0" * 10_000)
    bounds = Bounds(size_bytes=9_999)
    with pytest.raises(UsageError, match="cannot be unpacked"), opened_tree(archive, bounds=bounds):
        pass
    whole = archive.read_bytes()
    for damaged in (whole[:-30], whole[:40] + b"\xff" * 4 + whole[44:], b"PK\x03\x04"):
        archive.write_bytes(damaged)
        with pytest.raises(UsageError, match="cannot be unpacked"), opened_tree(archive):
            pass
