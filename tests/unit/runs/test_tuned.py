"""What was measured holds where it was measured."""

from dataclasses import replace
from pathlib import Path

import pytest

from submission.errors import UsageError
from submission.runs.tuned import Place, Tuned, read_tuned, why_untuned, write_tuned
from submission.terms import PlanRequest, Scenario

PLACE = Place(
    model="m",
    model_key="a1",
    lengths_key="b2",
    precision="f32",
    cpu_model="A (R) 9 @ 2 GHz",
    cores=2,
    openvino="2024.6.0",
)
OTHERS = [
    {"model": "n"},
    {"model_key": "a2"},
    {"lengths_key": "b1"},
    {"precision": "bf16"},
    {"cpu_model": "Another 9"},
    {"cores": 4},
    {"memory_bytes": 8_000_000_000},
    {"openvino": "2025.0.0"},
]
WON = Tuned(choice={"shapes": 12, "batch": 4}, reason="it won")


def test_a_winner_is_read_back(tmp_path: Path) -> None:
    path = write_tuned(tmp_path, PLACE, Scenario.OFFLINE, WON, [])
    assert path.name.startswith("a-r-9-2-ghz-2c-openvino-2024.6.0-f32-")
    assert read_tuned(tmp_path, PLACE, Scenario.OFFLINE) == WON
    assert WON.over(PlanRequest()) == replace(PlanRequest(), shapes=12, batch=4)


@pytest.mark.parametrize("change", OTHERS)
def test_it_holds_nowhere_else(tmp_path: Path, change: dict[str, object]) -> None:
    write_tuned(tmp_path, PLACE, Scenario.OFFLINE, WON, [])
    other = replace(PLACE, **change)  # type: ignore[arg-type]
    assert read_tuned(tmp_path, other, Scenario.OFFLINE) is None
    assert read_tuned(tmp_path, PLACE, Scenario.SERVER) is None


def test_scenarios_share_a_file(tmp_path: Path) -> None:
    write_tuned(tmp_path, PLACE, Scenario.OFFLINE, WON, [])
    write_tuned(tmp_path, PLACE, Scenario.SERVER, replace(WON, reason="so did it"), [])
    assert read_tuned(tmp_path, PLACE, Scenario.OFFLINE) == WON


def test_a_miss_names_in_what_the_nearest_file_differs(tmp_path: Path) -> None:
    assert why_untuned(tmp_path, PLACE, Scenario.OFFLINE) == "not tuned on this machine"
    write_tuned(tmp_path, replace(PLACE, cores=4, cpu_model="B"), Scenario.OFFLINE, WON, [])
    near = replace(PLACE, memory_bytes=8, lengths_key="c3")
    name = write_tuned(tmp_path, near, Scenario.OFFLINE, WON, []).name
    assert why_untuned(tmp_path, replace(PLACE, memory_bytes=9), Scenario.OFFLINE) == (
        f"not tuned here: {name} is for other sample lengths, memory_bytes 8, not 9"
    )


def test_a_miss_mentions_a_scenario_that_was_not_measured(tmp_path: Path) -> None:
    write_tuned(tmp_path, PLACE, Scenario.OFFLINE, WON, [])
    assert "not tuned for Server here" in why_untuned(tmp_path, PLACE, Scenario.SERVER)


@pytest.mark.parametrize("text", ["", "[]", "7"])
def test_a_file_of_other_content_is_nearest_to_nothing(tmp_path: Path, text: str) -> None:
    path = replace(PLACE, cores=64).file(tmp_path)
    path.parent.mkdir()
    path.write_text(text)
    write_tuned(tmp_path, replace(PLACE, cores=4), Scenario.OFFLINE, WON, [])
    assert why_untuned(tmp_path, PLACE, Scenario.OFFLINE).endswith("is for cores 4, not 2")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"scenarios": {"Offline": {"choice": 3}}}'])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    path = PLACE.file(tmp_path)
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(UsageError, match="cannot be used"):
        read_tuned(tmp_path, PLACE, Scenario.OFFLINE)
