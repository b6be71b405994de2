"""What a person wrote: read, checked, remembered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from submission.errors import UsageError
from submission.host.overlay import load_overlay, remember
from submission.policy import load_policy

POLICY = load_policy("v3.0")
SYSTEMS = Path(__file__).resolve().parents[3] / "measurements" / "systems"
EXAMPLES = sorted(SYSTEMS.glob("*.json"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_overlays_that_come_with_the_kit_are_good(path: Path) -> None:
    assert load_overlay(path, POLICY)["system_name"] == path.stem


def test_no_file_is_an_empty_overlay(tmp_path: Path) -> None:
    assert load_overlay(tmp_path / "none.json", POLICY) == {}


@pytest.mark.parametrize("text", ["{", "[1]", '"Air"', "\xff"])
def test_a_file_that_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "overlay.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(UsageError) as stop:
        load_overlay(path, POLICY)
    assert str(path) in stop.value.what
    assert "\n" not in stop.value.detail


def test_what_is_set_is_remembered_beside_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "overlay.json"
    assert remember(path, {"cooling": "Air"}, ["hw_notes=2U = two units"], POLICY) == {
        "cooling": "Air",
        "hw_notes": "2U = two units",
    }
    assert load_overlay(path, POLICY) == json.loads(path.read_text())


@pytest.mark.parametrize("setting", ["cooling", "cooling=", "cooling=  ", "coolling=Air"])
def test_a_bad_setting_is_refused_and_nothing_is_written(tmp_path: Path, setting: str) -> None:
    path = tmp_path / "overlay.json"
    with pytest.raises(UsageError):
        remember(path, {}, [setting], POLICY)
    assert not path.exists()


def test_an_overlay_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        remember(tmp_path / "file" / "overlay.json", {}, ["cooling=Air"], POLICY)
