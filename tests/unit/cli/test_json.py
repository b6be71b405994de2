"""``--json``: one object on standard output, by the schema of its command, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from submission.cli import main
from submission.cli.review_json import reproduction_value, verified_value
from submission.review.comparison import Line, equal_line
from submission.review.evidence.model import Difference, Verified
from submission.review.reproduce import Reproduction
from submission.terms import Scenario
from submission.tree.finished import ClaimedCell, FinishedTree
from submission.tree.grammar import LAYOUTS
from tests.fitting import assert_fits

CELL = "open/Demo/results/node/minilm-squad/Offline"


def printed(capsys: pytest.CaptureFixture[str], code: int, *words: str) -> Any:
    assert main([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def here(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout with an empty workspace; runs would be on the host."""
    monkeypatch.chdir(repo)
    monkeypatch.setenv("WORKSPACE", str(tmp_path / "out"))
    monkeypatch.setenv("RUNNER", "host")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("words", "schema"),
    [
        (("plan",), "plan"),
        (("status",), "summary"),
        (("describe-system",), "describe_system"),
        (("inspect-model", "minilm-squad_jpqd-50"), "inspection"),
        (("fetch-models", "--dry-run", "minilm-squad"), "fetch"),
        (("fetch-data", "squad-mini"), "fetch"),
    ],
)
def test_a_command_prints_json_by_its_schema(
    words: tuple[str, ...], schema: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if schema == "inspection":
        assert main(["fetch-models", "minilm-squad_jpqd-50"]) == 0
        capsys.readouterr()
    assert_fits(printed(capsys, 0, *words), schema)


@pytest.mark.usefixtures("here")
def test_the_versions_of_what_runs_here_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("openvino")
    value = printed(capsys, 0, "info")
    assert_fits(value, "info")
    assert value["built"]["kit"]


@pytest.mark.usefixtures("here")
def test_a_fetch_that_fails_says_so_in_json_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    mirror = tmp_path / "empty"
    mirror.mkdir()
    value = printed(capsys, 3, "fetch-data", "squad", "--mirror", str(mirror), "--offline")
    assert_fits(value, "fetch")
    (record,) = value["fetched"]
    assert record["name"] == "squad"
    assert set(record["error"]) == {"what", "detail", "hint"}


def cell(root: Path) -> ClaimedCell:
    place = LAYOUTS["by_kind"].cell_of(CELL)
    assert place is not None
    return ClaimedCell(
        tree=FinishedTree(root=root, round="v3.0"), place=place, scenario=Scenario.OFFLINE
    )


def test_a_reproduction_is_json(tmp_path: Path) -> None:
    slow = Line(
        what="samples/s", claimed="100", found="50", verdict="outside", good=False, ratio=0.5
    )
    done = Reproduction(lines=(equal_line("F1", 90.0, 90.0), slow), differences=("another CPU",))
    value = {"version": 1, **reproduction_value(cell(tmp_path), done)}
    assert_fits(value, "reproduce")
    assert value["outcome"] == "outside"
    assert value["result"] == {
        "system": "node",
        "benchmark": "minilm-squad",
        "scenario": "Offline",
    }


def test_what_was_verified_is_json() -> None:
    differs = Difference(kind="sums", path="a", found="1", expected="2")
    done = [
        Verified(kind="sums", what="a with b", count=2, differences=(differs,)),
        Verified(kind="image", what="c with d", count=0, left_out="no image"),
    ]
    comparisons = verified_value(done)
    value = {
        "version": 1,
        "verified": False,
        "comparisons": comparisons,
        "notes": [],
        "signature": {"good": True, "words": "unsigned"},
    }
    assert_fits(value, "verify")
    assert [each["left_out"] for each in comparisons] == [None, "no image"]
