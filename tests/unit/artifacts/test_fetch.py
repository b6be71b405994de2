"""Parts into a folder: from the first source that has them right, or not at all."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from submission.artifacts.digest import Checksums
from submission.artifacts.fetch import fetch, plan_fetch
from submission.artifacts.http import Patience
from submission.artifacts.manifest import Manifest
from submission.artifacts.progress import Step
from submission.artifacts.sources import FetchPolicy
from submission.errors import StageError, UsageError
from tests.fakes.http_server import Fault, Shelf, serving

QUICK = Patience(tries=2, first_pause_s=0.01, longest_pause_s=0.1, connect_s=2, read_s=2)
PARTS = ("model.bin_p00", "model.bin_p01", "model.bin_p02", "model.xml")


@pytest.fixture
def shelf(toy: Manifest, parts: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    files = {f"/m/{path.name}": path.read_bytes() for path in parts.iterdir()}
    with serving(Shelf(files=files)) as serving_shelf:
        yield serving_shelf


def policy(shelf: Shelf) -> FetchPolicy:
    return FetchPolicy(patience=QUICK, github_raw=shelf.url)


def from_web(toy: Manifest, shelf: Shelf) -> Manifest:
    return replace(toy, sources=(f"{shelf.url}/m/{{file}}",))


def without_checksums(manifest: Manifest) -> Manifest:
    bare = tuple(
        replace(
            file,
            checksums=Checksums(),
            parts=tuple(replace(part, checksums=Checksums()) for part in file.parts),
        )
        for file in manifest.files
    )
    return replace(manifest, files=bare)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {".lock"}


def test_every_part_comes_and_nothing_else_is_left(
    toy: Manifest, shelf: Shelf, tmp_path: Path
) -> None:
    done = fetch(from_web(toy, shelf), tmp_path / "t", policy=policy(shelf))
    assert set(done.fetched) == set(PARTS) == names(tmp_path / "t")
    assert done.recorded == ()


def test_a_second_fetch_asks_nobody_and_says_so(
    toy: Manifest, shelf: Shelf, tmp_path: Path
) -> None:
    manifest = from_web(toy, shelf)
    fetch(manifest, tmp_path / "t", policy=policy(shelf))
    reported: list[Step] = []
    asked = len(shelf.asked)
    assert (
        fetch(manifest, tmp_path / "t", policy=policy(shelf), report=reported.append).fetched == ()
    )
    assert len(shelf.asked) == asked
    assert "nothing to do" in reported[-1].words


def test_a_damaged_part_is_fetched_again(toy: Manifest, tmp_path: Path) -> None:
    fetch(toy, tmp_path / "t")
    (tmp_path / "t" / "model.bin_p01").write_bytes(bytes(1000))
    reported: list[Step] = []
    assert fetch(toy, tmp_path / "t", report=reported.append).fetched == ("model.bin_p01",)
    assert any("is damaged" in step.words for step in reported)


def test_sources_are_tried_in_order_and_each_failure_is_reported(
    toy: Manifest, shelf: Shelf, tmp_path: Path
) -> None:
    sources = ("file:nowhere/{file}", f"{shelf.url}/none/{{file}}", "hf:someone/toy@main:{file}")
    with pytest.raises(StageError) as stop:
        fetch(
            replace(toy, sources=sources),
            tmp_path / "t",
            policy=replace(policy(shelf), offline=True),
            jobs=1,
        )
    assert "No such file or directory" in stop.value.detail
    assert "needs a network, and --offline was given" in stop.value.detail
    assert "hf:someone/toy@main:" in stop.value.detail
    assert names(tmp_path / "t") == set()


def test_a_github_source_is_a_raw_file_of_its_commit(
    toy: Manifest, shelf: Shelf, parts: Path, tmp_path: Path
) -> None:
    shelf.files |= {f"/o/r/abc123/models/{p.name}": p.read_bytes() for p in parts.iterdir()}
    manifest = replace(toy, sources=("github:o/r@abc123:models/{file}",))
    assert len(fetch(manifest, tmp_path / "t", policy=policy(shelf)).fetched) == 4


@pytest.mark.parametrize("folder", ["mirror/toy", "mirror"])
def test_a_mirror_folder_is_asked_first(
    folder: str, toy: Manifest, parts: Path, tmp_path: Path
) -> None:
    (tmp_path / folder).parent.mkdir(exist_ok=True)
    parts.rename(tmp_path / folder)
    assert len(fetch(toy, tmp_path / "t", mirror=str(tmp_path / "mirror")).fetched) == 4


def test_a_mirror_url_is_asked_first(toy: Manifest, shelf: Shelf, tmp_path: Path) -> None:
    mirrored = FetchPolicy(mirror=f"{shelf.url}/m/", patience=QUICK)
    assert len(fetch(toy, tmp_path / "t", policy=mirrored).fetched) == 4
    assert ("/m/model.xml", None) in shelf.asked


def test_a_mirror_with_wrong_bytes_is_passed_over(toy: Manifest, tmp_path: Path) -> None:
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "model.bin_p00").write_bytes(bytes(1000))
    fetch(toy, tmp_path / "t", mirror=str(tmp_path / "mirror"))
    assert any((tmp_path / "t" / "model.bin_p00").read_bytes())


def test_wrong_bytes_everywhere_are_refused_by_name(
    toy: Manifest, shelf: Shelf, tmp_path: Path
) -> None:
    shelf.files["/m/model.bin_p01"] = bytes(1000)
    with pytest.raises(StageError, match=r"model\.bin_p01 of toy cannot be fetched") as stop:
        fetch(from_web(toy, shelf), tmp_path / "t", policy=policy(shelf))
    assert "it has other content: sha256" in stop.value.detail
    assert not {"model.bin_p01", "model.bin_p01.part"} & names(tmp_path / "t")


def test_a_wrong_beginning_is_thrown_away_and_the_part_fetched_whole(
    toy: Manifest, shelf: Shelf, tmp_path: Path
) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "model.bin_p00.part").write_bytes(b"x" * 300)
    done = fetch(from_web(toy, shelf), tmp_path / "t", policy=policy(shelf))
    assert "model.bin_p00" in done.fetched
    assert [a for p, a in shelf.asked if p == "/m/model.bin_p00"] == ["bytes=300-", None]


def test_a_git_blob_id_is_enough_to_judge(toy: Manifest, parts: Path, tmp_path: Path) -> None:
    blobs = {
        path.name: subprocess.run(
            ["git", "hash-object", path], capture_output=True, text=True, check=True
        ).stdout.strip()
        for path in parts.iterdir()
    }
    manifest = without_checksums(toy)
    files = tuple(
        replace(
            f,
            parts=tuple(replace(p, checksums=Checksums(git_blob=blobs[p.name])) for p in f.parts),
        )
        for f in manifest.files
    )
    done = fetch(replace(manifest, files=files), tmp_path / "t")
    assert set(done.recorded) == set(PARTS)


def test_unknown_content_is_recorded_once_and_then_required(
    toy: Manifest, parts: Path, tmp_path: Path
) -> None:
    unknown = without_checksums(toy)
    reported: list[Step] = []
    assert set(fetch(unknown, tmp_path / "t", report=reported.append).recorded) == set(PARTS)
    assert sum("no published checksum" in step.words for step in reported) == 4
    (tmp_path / "t" / "model.xml").unlink()
    (parts / "model.xml").write_bytes(bytes(40))
    with pytest.raises(StageError, match=r"model\.xml of toy cannot be fetched") as stop:
        fetch(unknown, tmp_path / "t")
    record = tmp_path / "t" / "checksums.json"
    assert f"delete its entry in {record}" in stop.value.hint
    value = json.loads(record.read_text())
    del value["files"]["model.xml"]  # as the hint says
    record.write_text(json.dumps(value))
    assert fetch(unknown, tmp_path / "t").recorded == ("model.xml",)


def test_a_published_checksum_cannot_be_forgotten(
    toy: Manifest, parts: Path, tmp_path: Path
) -> None:
    (parts / "model.xml").write_bytes(bytes(40))
    with pytest.raises(StageError, match="cannot be fetched") as stop:
        fetch(toy, tmp_path / "t")
    assert "checksums.json" not in stop.value.hint


def test_a_record_that_is_not_ours_is_refused(toy: Manifest, tmp_path: Path) -> None:
    fetch(without_checksums(toy), tmp_path / "t")
    (tmp_path / "t" / "checksums.json").write_text(json.dumps({"version": 2}))
    with pytest.raises(UsageError, match="does not fit its schema"):
        fetch(toy, tmp_path / "t")


def test_a_plan_changes_nothing(toy: Manifest, tmp_path: Path) -> None:
    plan = plan_fetch(toy, tmp_path / "t")
    assert (plan.missing_bytes, len(plan.missing), plan.kept) == (2540, 4, ())
    assert plan.free_bytes > 0
    assert not (tmp_path / "t").exists()


def test_a_plan_counts_what_an_interrupted_fetch_left(toy: Manifest, tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "model.bin_p00.part").write_bytes(bytes(400))
    assert plan_fetch(toy, tmp_path / "t").missing_bytes == 2140


def test_a_source_that_cannot_be_understood_is_named(toy: Manifest, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="source github:o/r of toy is not valid"):
        fetch(replace(toy, sources=("github:o/r",)), tmp_path / "t")


def test_an_unwritable_folder_is_an_error_of_three_lines(toy: Manifest, tmp_path: Path) -> None:
    (tmp_path / "t").write_text("a file in the way")
    with pytest.raises(StageError) as stop:
        fetch(toy, tmp_path / "t")
    assert "cannot be written" in stop.value.what


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to read-only folders")
def test_a_read_only_folder_is_named(toy: Manifest, tmp_path: Path) -> None:
    (tmp_path / "t").mkdir(mode=0o500)
    with pytest.raises(StageError, match="cannot be written"):
        fetch(toy, tmp_path / "t")


def test_the_first_failure_stops_the_other_parts(
    toy: Manifest, shelf: Shelf, tmp_path: Path
) -> None:
    shelf.faults["/m/model.bin_p00"] = [Fault(status=404)]
    shelf.faults["/m/model.bin_p02"] = [Fault(status=503, headers={"Retry-After": "30"})]
    patient = replace(policy(shelf), patience=replace(QUICK, longest_pause_s=60))
    with pytest.raises(StageError, match=r"model\.bin_p00"):
        fetch(from_web(toy, shelf), tmp_path / "t", policy=patient)
