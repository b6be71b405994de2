"""A tree that a profile's own runs made is told which profile waives what rejects it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from submission.checks.results import Report
from submission.cli.check_settings import lifted_by

WHERE = "node/bert-99/Server"


def rejected(rule: str) -> Report:
    """A report of one result that a rule rejects."""
    result = SimpleNamespace(path=f"open/Kit/results/{WHERE}")
    finding = SimpleNamespace(rule=rule, rejects=True, path=f"open/Kit/results/{WHERE}")
    return cast("Report", SimpleNamespace(round="v3.0", results=(result,), findings=(finding,)))


@pytest.mark.parametrize(
    ("area", "profile", "rule", "is_told"),
    [
        ("measurements", "demo", "PRF008", True),
        ("measurements", "demo-mine", "MEA021", True),
        ("measurements", "demo", "LOG001", False),
        ("measurements", "official", "MEA021", False),
        ("measurements", "nobody's", "MEA021", False),
        ("measurements", 7, "MEA021", False),
        ("code", "demo", "PRF008", False),
    ],
)
def test_the_profile_is_named_where_the_result_has_its_metadata(
    tmp_path: Path, area: str, profile: object, rule: str, is_told: bool
) -> None:
    folder = tmp_path / f"open/Kit/{area}/{WHERE}"
    folder.mkdir(parents=True)
    (folder / "run_metadata_performance.json").write_text(json.dumps({"profile": profile}))
    told = lifted_by(tmp_path, rejected(rule))
    assert (told is not None and f"--profile {profile}" in told) is is_told
