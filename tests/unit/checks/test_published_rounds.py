"""Published submissions of other rounds: the official table and verdicts, line by line."""

import csv
import io
import shutil
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from submission.checks.reports.csv_table import official_csv
from submission.checks.reports.text import render_official
from submission.checks.results import Report
from submission.checks.tree import check_tree

# rows of the official table and lines of its verdict, by round
SIZES = {
    "v2.0": (44, 43),
    "v2.1": (89, 70),
    "v3.0": (96, 60),
    "v4.1": (67, 62),
    "v5.1": (20, 26),
    "v6.0": (46, 50),
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=SIZES)
def checked(
    request: pytest.FixtureRequest, published: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path, Report]]:
    """A round, the folder of the official answers, and our report on its published trees."""
    version, folder = str(request.param), published / "rounds"
    if not (folder / f"official_{version}.csv").is_file():
        pytest.skip("no folder shared/published/rounds beside the checkout")
    root = tmp_path_factory.mktemp(version)
    for archive in sorted(folder.glob(f"{version}_*.tar.xz")):
        with tarfile.open(archive) as opened:
            opened.extractall(root, filter="data")
    yield version, folder, check_tree(root, version=version)
    shutil.rmtree(root)


def test_the_official_table_of_the_round(checked: tuple[str, Path, Report]) -> None:
    version, folder, report = checked
    expected = (folder / f"official_{version}.csv").read_bytes().decode()
    theirs = list(csv.reader(io.StringIO(expected, newline="")))
    ours = list(csv.reader(io.StringIO(official_csv(report, official=True))))
    assert ours[0] == theirs[0]
    assert sorted(ours[1:]) == sorted(theirs[1:])
    assert len(ours) - 1 == SIZES[version][0]


def test_the_official_lines_of_the_round(checked: tuple[str, Path, Report]) -> None:
    version, folder, report = checked
    theirs = (folder / f"official_{version}_verdicts.txt").read_text()
    assert verdicts(render_official(report)) == verdicts(theirs)
    assert sum(verdicts(theirs).values()) == SIZES[version][1]
    good = "SUMMARY: submission looks OK" in theirs
    assert report.official.exit_code == (0 if good else 1)
    assert report.official.crash is None


def verdicts(text: str) -> Counter[tuple[str, ...]]:
    """Its lines: the path and value of a result, and the path alone of what is refused."""
    lines = (line.split(maxsplit=2) for line in text.splitlines())
    kept = (line for line in lines if line[:1] in (["Results"], ["NoResults"]))
    return Counter(tuple(line if line[0] == "Results" else line[:2]) for line in kept)
