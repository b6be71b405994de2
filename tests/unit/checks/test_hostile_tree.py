"""Trees that are no trees: folders for files, links, pipes, and what changes while it is read."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from submission.checks import check_tree
from submission.checks.book import BUG
from submission.checks.model import Severity
from submission.checks.partial import PartialResult
from submission.checks.results import Report
from submission.tree.listing import scan
from tests.fakes.good_tree import CLOSED, MEASURED, OPEN, both, files_of, open_division

pytestmark = pytest.mark.slow

RUN = f"{OPEN}/performance/run_1"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return both(tmp_path_factory.mktemp("good"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return open_division(tmp_path / "tree")


def bugs(report: Report) -> list[str]:
    return [f"{f.path}: {f.found}" for f in report.findings if f.rule == BUG]


def found_at(report: Report, path: str) -> list[str]:
    return [f.found for f in report.findings if f.path == path and f.severity is Severity.ERROR]


def in_place_of(path: Path, put: Callable[[Path], object]) -> Report:
    """The report on the tree around a path while something else is in its place."""
    kept = path.with_name(f"{path.name}.kept")
    root = next(folder for folder in path.parents if (folder / "open").is_dir())
    path.rename(root.parent / kept.name)
    put(path)
    try:
        return check_tree(root)
    finally:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        (root.parent / kept.name).rename(path)


@pytest.mark.parametrize(
    "put",
    [Path.mkdir, os.mkfifo, lambda p: p.symlink_to("/etc/passwd"), lambda p: p.symlink_to(p.name)],
    ids=["folder", "pipe", "link out", "link to itself"],
)
def test_no_thing_in_a_file_s_place_stops_the_checker(
    good: Path, put: Callable[[Path], object]
) -> None:
    for path in files_of(good):
        report = in_place_of(good / path, put)
        assert bugs(report) == []
        assert not any("root:" in finding.found for finding in report.findings)


def test_a_file_in_a_folder_s_place_stops_nothing(good: Path) -> None:
    folders = sorted({str(p) for path in files_of(good) for p in Path(path).parents} - {"."})
    for folder in folders:
        report = in_place_of(good / folder, Path.touch)
        assert bugs(report) == []


def test_links_are_reported_and_never_followed(tree: Path, tmp_path: Path) -> None:
    shutil.copytree(tree, tmp_path / "other")
    places = {
        "open/Kit/up": "..",
        f"{RUN}/loop": "loop",
        f"{RUN}/dangling": "/nowhere/at/all",
        "open/Kit/results/linked": str(tmp_path / "other/open/Kit/results/node"),
        "open/Other": str(tmp_path / "other/open/Kit"),
    }
    for path, target in places.items():
        (tree / path).symlink_to(target)
    report = check_tree(tree)
    assert [result.path for result in report.results] == [OPEN]
    assert all(found_at(report, path) for path in places)


def test_what_is_neither_file_nor_folder_is_reported(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tree / RUN / "pipe")
    monkeypatch.chdir(tree / RUN)  # the path of a socket may be no longer than 108 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        report = check_tree(tree)
    assert found_at(report, f"{RUN}/pipe")
    assert found_at(report, f"{RUN}/socket")


def test_an_unreadable_file_is_reported(tree: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (tree / RUN / "mlperf_log_detail.txt").chmod(0)
    assert found_at(check_tree(tree), f"{RUN}/mlperf_log_detail.txt") == ["Permission denied"]


def test_a_folder_that_cannot_be_listed_has_its_reason() -> None:
    assert scan(Path("/nowhere/at/all")).error == "No such file or directory"


def test_what_goes_away_while_it_is_read_stops_nothing(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from submission.checks import gather

    read: Callable[[str], object] = vars(gather)["read_detail_log"]

    def read_and_lose(path: str) -> object:
        Path(path).unlink(missing_ok=True)
        (tree / MEASURED / "README.md").unlink(missing_ok=True)
        return read(path)

    monkeypatch.setattr(gather, "read_detail_log", read_and_lose)
    report = check_tree(tree)
    assert bugs(report) == []
    assert found_at(report, f"{RUN}/mlperf_log_detail.txt") == ["No such file or directory"]


def test_a_whole_submitter_that_goes_away_stops_nothing(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from submission.checks import tree

    shutil.copytree(good, tmp_path / "tree")
    judge_system: Callable[..., PartialResult] = vars(tree)["judge_system"]

    def lose_and_go_on(*args: Any) -> PartialResult:
        shutil.rmtree(tmp_path / "tree" / "closed", ignore_errors=True)
        return judge_system(*args)

    monkeypatch.setattr(tree, "judge_system", lose_and_go_on)
    report = check_tree(tmp_path / "tree")
    assert bugs(report) == []
    assert CLOSED not in [result.path for result in report.results if result.verdict == "valid"]
