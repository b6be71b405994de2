from pathlib import Path

import pytest

from submission.files import (
    dated_name,
    read_json,
    recover_folder,
    replace_folder,
    replacing,
    replacing_folder,
    write_json,
)


def fill_half_and_fail(place: Path) -> None:
    with replacing_folder(place) as work:
        (work / "b").write_text("2")
        raise ZeroDivisionError


def write_half_and_fail(path: Path) -> None:
    with replacing(path) as stream:
        stream.write(b"new")
        raise ZeroDivisionError


def test_a_write_that_fails_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError):
        write_half_and_fail(path)
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    assert path.read_bytes() == b"old"


def test_json_is_written_and_read_back(tmp_path: Path) -> None:
    write_json(tmp_path / "deep/x.json", {"ä": [1, 2.5, None]})
    assert read_json(tmp_path / "deep/x.json") == {"ä": [1, 2.5, None]}


def folder(path: Path, text: str) -> Path:
    path.mkdir()
    (path / "file").write_text(text)
    return path


def test_a_folder_takes_the_place_of_another(tmp_path: Path) -> None:
    target = folder(tmp_path / "x", "old")
    replace_folder(folder(tmp_path / "new", "new"), target)
    assert (target / "file").read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_a_replacement_killed_between_its_renames_is_undone(tmp_path: Path) -> None:
    folder(tmp_path / "x.old", "old")
    recover_folder(tmp_path / "x")
    assert (tmp_path / "x/file").read_text() == "old"


def test_a_replacement_killed_before_the_old_was_removed_is_finished(tmp_path: Path) -> None:
    folder(tmp_path / "x.old", "old")
    folder(tmp_path / "x", "new")
    recover_folder(tmp_path / "x")
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x/file").read_text() == "new"


def test_json_that_is_nested_too_deeply_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000)
    with pytest.raises(ValueError, match="nested too deeply"):
        read_json(path)


def test_a_folder_is_replaced_only_after_a_block_that_did_not_fail(tmp_path: Path) -> None:
    place, part = tmp_path / "made", tmp_path / "made.part"
    with replacing_folder(place) as work:
        (work / "a").write_text("1")
    with pytest.raises(ZeroDivisionError):
        fill_half_and_fail(place)
    assert [path.name for path in place.iterdir()] == ["a"]
    assert [path.name for path in part.iterdir()] == ["b"]
    with replacing_folder(place) as work:
        assert list(work.iterdir()) == []
    assert (list(place.iterdir()), part.exists()) == ([], False)


def test_what_is_moved_aside_in_the_same_second_keeps_a_place_of_its_own(tmp_path: Path) -> None:
    names = set()
    for _ in range(3):
        place = dated_name(tmp_path / "run")
        place.mkdir()
        names.add(place.name)
    assert len(names) == 3
    assert all(name.startswith("run-2") for name in names)
