"""What the checker is timed against: the official one in turn, or nothing."""

import os
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from submission.errors import StageError, UsageError
from submission.lab.bench.checker import FUNCTIONS, NOT_MEASURED, CheckerBench, bench_checker
from submission.policy import default_round, load_policy
from tests.fakes.submission_tree import build

OFFICIAL = """\
import argparse, pathlib
parser = argparse.ArgumentParser()
for name in ("--input", "--version", "--csv"):
    parser.add_argument(name, required=True)
args = parser.parse_args()
sum(number * number for number in range(3_000_000))
with open("{seen}", "a") as seen:
    print(args.version, pathlib.Path(args.input).name, file=seen)
{ending}
"""
TABLE = 'pathlib.Path(args.csv).write_text("Organization\\n")\nraise SystemExit(1)'


@pytest.fixture
def bench(tmp_path: Path) -> CheckerBench:
    """One archive of a small tree."""
    build("open", tmp_path / "tree", load_policy(default_round()))
    (tmp_path / "archives").mkdir()
    with tarfile.open(tmp_path / "archives" / "one.tar.xz", "w:xz") as stream:
        for path in sorted((tmp_path / "tree").iterdir()):
            stream.add(path, path.name)
    return CheckerBench(
        archives=tmp_path / "archives",
        folder=tmp_path / "work",
        environment=dict(os.environ),
        rounds=1,
        copies=2,
    )


def official(folder: Path, ending: str = TABLE) -> str:
    """A script with the official checker's arguments that takes its time."""
    path = folder / "submission_checker.py"
    path.write_text(OFFICIAL.format(seen=folder / "seen", ending=ending))
    return str(path)


def said_by(bench: CheckerBench) -> str:
    said: list[str] = []
    bench_checker(bench, say=said.append, warn=lambda _text: None)
    return "\n".join(said)


def test_the_official_checker_takes_its_turn_on_both_trees(
    bench: CheckerBench, tmp_path: Path
) -> None:
    said = said_by(replace(bench, official_checker=official(tmp_path)))
    turns = (tmp_path / "seen").read_text().split("\n")
    assert turns == [f"{default_round()} small", f"{default_round()} large", ""]
    rows = [line.split() for line in said.splitlines() if line[:14].split()[-1].isdigit()]
    theirs = {row[0]: float(row[4]) for row in rows if row[3] == "official"}
    shares = {row[0]: row[-1] for row in rows if row[3:5] == ["one", "process"]}
    ours = {row[0]: float(row[5]) for row in rows if row[3:5] == ["one", "process"]}
    assert {row[0]: int(row[1]) for row in rows} == {"small": 2, "large": 4}
    for tree, share in shares.items():
        assert float(share.rstrip("%")) / 100 == pytest.approx(ours[tree] / theirs[tree], rel=0.1)
    assert "two processes end" in said
    assert NOT_MEASURED not in said
    assert not any((tmp_path / "work").iterdir())


def test_without_the_official_checker_nothing_is_compared_with_it(bench: CheckerBench) -> None:
    said = said_by(replace(bench, copies=0, profiled=True))
    assert NOT_MEASURED in said
    assert "official  " not in said
    rows = [line for line in said.splitlines() if line[:14].split()[-1].isdigit()]
    assert not any("%" in row for row in rows)
    _, _, profile = said.partition("of their own")
    shares = [float(line.split()[0].rstrip("%")) for line in profile.splitlines()[1:]]
    assert len(shares) == FUNCTIONS
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 100


def test_an_official_checker_that_does_not_end_is_not_timed(
    bench: CheckerBench, tmp_path: Path
) -> None:
    script = official(tmp_path, 'raise SystemExit("no such version")')
    with pytest.raises(StageError, match="did not end"):
        said_by(replace(bench, official_checker=script, copies=0))
    assert not any((tmp_path / "work").iterdir())


def test_a_checker_that_is_not_there_is_asked_for_first(
    bench: CheckerBench, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="no official checker"):
        said_by(replace(bench, official_checker=str(tmp_path / "nothing.py")))
    with pytest.raises(UsageError, match="no trees"):
        said_by(replace(bench, archives=tmp_path / "work"))
