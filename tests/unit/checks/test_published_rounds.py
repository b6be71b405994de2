"""Published submissions of other rounds: the official table and verdicts, line by line."""

import csv
import io
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from submission.checks.reports.csv_table import official_csv
from submission.checks.reports.text import render_official
from submission.checks.results import Report, Verdict
from submission.checks.tree import check_tree
from submission.tree.recognised import recognise
from tests.published.counting import counted, counting, counts, unpack
from tests.published.rejected import REJECTED

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


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A round, the folder of the official answers, our report on its trees, and what was tried."""

    version: str
    folder: Path
    report: Report
    tried: dict[str, Any]


@pytest.fixture(scope="module", params=SIZES)
def checked(
    request: pytest.FixtureRequest, published: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Checked]:
    version, folder = str(request.param), published / "rounds"
    if not (folder / f"official_{version}.csv").is_file():
        pytest.skip("no folder shared/published/rounds beside the checkout")
    root = tmp_path_factory.mktemp(version)
    unpack(published, f"rounds/{version}", root)
    assert recognise(root).round == version
    with counting() as tally:
        report = check_tree(root, version=version)
    yield Checked(version=version, folder=folder, report=report, tried=counts(tally, report, root))
    shutil.rmtree(root)


def test_the_official_table_of_the_round(checked: Checked) -> None:
    version, folder, report = checked.version, checked.folder, checked.report
    expected = (folder / f"official_{version}.csv").read_bytes().decode()
    theirs = list(csv.reader(io.StringIO(expected, newline="")))
    ours = list(csv.reader(io.StringIO(official_csv(report, official=True))))
    assert ours[0] == theirs[0]
    assert sorted(ours[1:]) == sorted(theirs[1:])
    assert len(ours) - 1 == SIZES[version][0]


def test_the_official_lines_of_the_round(checked: Checked) -> None:
    version, folder, report = checked.version, checked.folder, checked.report
    theirs = (folder / f"official_{version}_verdicts.txt").read_text()
    assert verdicts(render_official(report)) == verdicts(theirs)
    assert sum(verdicts(theirs).values()) == SIZES[version][1]
    good = "SUMMARY: submission looks OK" in theirs
    assert report.official.exit_code == (0 if good else 1)
    assert report.official.crash is None


def test_the_rules_reject_only_where_a_rule_can_be_quoted(checked: Checked) -> None:
    version, report = checked.version, checked.report
    rejected: dict[str, set[str]] = defaultdict(set)
    for result in report.results:
        if result.verdict is Verdict.INVALID:
            rejected[result.path.rpartition("/")[0]] |= set(result.reasons)
    expected = REJECTED[f"rounds/{version}"].items()
    assert rejected == {path: set(rules.split()) for path, (rules, _) in expected}


def test_what_was_tried_is_counted(checked: Checked) -> None:
    assert checked.tried == counted(f"rounds/{checked.version}")


def verdicts(text: str) -> Counter[tuple[str, ...]]:
    """Its lines: the path and value of a result, and the path alone of what is refused."""
    lines = (line.split(maxsplit=2) for line in text.splitlines())
    kept = (line for line in lines if line[:1] in (["Results"], ["NoResults"]))
    return Counter(tuple(line if line[0] == "Results" else line[:2]) for line in kept)
