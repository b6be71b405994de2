"""Campaign files: what is read, and three lines with file and key for what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from submission.errors import UsageError
from submission.workspace.campaign import (
    EngineChoice,
    EngineKind,
    campaigns_folder,
    load_campaign,
)

GOOD: dict[str, Any] = {
    "version": 1,
    "profile": "demo",
    "engine": {"kind": "here"},
    "systems": [{"system_desc_id": "a"}, {"system_desc_id": "b", "cpuset": "0-3,8"}],
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("profiles", "campaigns", "systems"):
        (tmp_path / "measurements" / name).mkdir(parents=True)
    (tmp_path / "measurements/profiles/demo.json").write_text("{}", encoding="utf-8")
    (tmp_path / "measurements/systems/b.json").write_text("{}", encoding="utf-8")
    return tmp_path


def write(root: Path, **changes: Any) -> Path:
    value = {key: each for key, each in {**GOOD, **changes}.items() if each is not None}
    path = campaigns_folder(root) / "spring.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_a_campaign_is_read_by_its_name_or_its_path(root: Path) -> None:
    overlay = "measurements/systems/b.json"
    path = write(
        root,
        submitter="Lab",
        engine={"kind": "ray", "address": "head:6379"},
        systems=[
            {"system_desc_id": "a", "where": {"system": "node1"}, "overlay": overlay},
            {"system_desc_id": "b", "cpuset": "0-3,8"},
        ],
        retries=3,
        lost_after_s=10,
        cell_timeout_s=7200,
    )
    found = load_campaign(root, "spring")
    assert load_campaign(root, str(path)) == found
    assert (found.name, found.profile, found.submitter) == ("spring", "demo", "Lab")
    assert found.engine == EngineChoice(kind=EngineKind.RAY, address="head:6379")
    assert (found.retries, found.lost_after_s, found.cell_timeout_s) == (3, 10, 7200)
    first, second = found.systems
    assert (first.label, first.overlay, first.cpuset) == ("node1", root / overlay, None)
    assert (second.label, second.overlay, second.cpuset) == ("b", None, "0-3,8")


def test_what_is_left_out_has_a_default(root: Path) -> None:
    write(root)
    found = load_campaign(root, "spring")
    assert (found.submitter, found.retries) == (None, 1)
    assert (found.lost_after_s, found.cell_timeout_s) == (60, 14400)


@pytest.mark.parametrize(
    ("changes", "key", "what"),
    [
        ({"profile": "demp"}, "$.profile", "no profile 'demp'"),
        ({"profile": None}, "$", "'profile' is a required property"),
        ({"systems": []}, "$.systems", ""),
        ({"retries": -1}, "$.retries", ""),
        ({"lost_after_s": 1e300}, "$.lost_after_s", ""),
        ({"cell_timeout_s": 10**20}, "$.cell_timeout_s", ""),
        ({"lost_after_s": 0}, "$.lost_after_s", ""),
        ({"cell_timeout_s": "1 h"}, "$.cell_timeout_s", ""),
        ({"submiter": "Lab"}, "$", "submiter"),
        ({"submitter": "a/b"}, "$.submitter", ""),
        ({"engine": {"kind": "kubernetes"}}, "$.engine.kind", ""),
        ({"engine": {"kind": "ray"}}, "$.engine", "needs an address"),
        ({"engine": {"kind": "here", "address": "x:1"}}, "$.engine.address", "has no address"),
        ({"engine": {"kind": "here", "partition": "p"}}, "$.engine.partition", "no partition"),
        (
            {"systems": [{"system_desc_id": "a"}, {"system_desc_id": "A"}]},
            "$.systems[1].system_desc_id",
            "two systems are called A",
        ),
        ({"systems": [{"system_desc_id": "../a"}]}, "$.systems[0].system_desc_id", ""),
        ({"systems": [{}]}, "$.systems[0]", "system_desc_id"),
        (
            {"systems": [{"system_desc_id": "a", "overlay": "none.json"}]},
            "$.systems[0].overlay",
            "the overlay of a is not there",
        ),
        (
            {"systems": [{"system_desc_id": "a", "cpuset": "3-1"}]},
            "$.systems[0].cpuset",
            "ends before it starts",
        ),
        (
            {"systems": [{"system_desc_id": "a", "cpuset": "0-999999999999"}]},
            "$.systems[0].cpuset",
            "no machine has",
        ),
        ({"systems": [{"system_desc_id": "a", "cpuset": "all"}]}, "$.systems[0].cpuset", ""),
        ({"systems": [{"system_desc_id": "a", "where": {}}]}, "$.systems[0].where", ""),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(
    root: Path, changes: dict[str, Any], key: str, what: str
) -> None:
    path = write(root, **changes)
    with pytest.raises(UsageError) as error:
        load_campaign(root, "spring")
    assert str(path) in error.value.what
    assert f"at {key}" in error.value.detail
    assert what in f"{error.value.what} {error.value.detail}"
    assert error.value.hint


def test_a_file_that_is_missing_or_no_json(root: Path) -> None:
    with pytest.raises(UsageError, match="no campaign 'spring'") as error:
        load_campaign(root, "spring")
    assert "campaigns.md" in error.value.hint
    path = write(root)
    with pytest.raises(UsageError, match="no campaign 'sprong'") as error:
        load_campaign(root, "sprong")
    assert error.value.hint == 'did you mean "spring"?'
    path.write_text('{"version": 1,', encoding="utf-8")
    with pytest.raises(UsageError, match="is not JSON"):
        load_campaign(root, "spring")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"retries": NaN}', '{"retries": 1e999}', '{"retries": Infinity}']
)
def test_what_no_json_holds_is_refused(root: Path, text: str) -> None:
    path = root / "odd.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"odd\.json"):
        load_campaign(root, str(path))


def test_a_name_with_a_line_break_fits_no_pattern(root: Path) -> None:
    write(root, systems=[{"system_desc_id": "a\n"}])
    with pytest.raises(UsageError, match="does not fit its schema"):
        load_campaign(root, "spring")


def test_whole_numbers_stay_whole(root: Path) -> None:
    write(root, systems=[{"system_desc_id": "a", "find_qps": {"queries": 50.0, "short_s": 1.5}}])
    (system,) = load_campaign(root, "spring").systems
    assert str(system.before["find_qps"]) == "{'queries': 50, 'short_s': 1.5}"
