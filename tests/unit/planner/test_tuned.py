"""What was measured holds where it was measured."""

from dataclasses import replace
from pathlib import Path

import pytest

from submission.errors import UsageError
from submission.planner.decide import Wish
from submission.planner.tuned import Place, Tuned, read_tuned, write_tuned
from submission.terms import Scenario

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
    {"cores": 4},
    {"openvino": "2025.0.0"},
]
WON = Tuned(choice={"shapes": 12, "batch": 4}, reason="it won")


def test_a_winner_is_read_back(tmp_path: Path) -> None:
    path = write_tuned(tmp_path, PLACE, Scenario.OFFLINE, WON, [])
    assert path.name.startswith("a-r-9-2-ghz-2c-openvino-2024.6.0-f32-")
    assert read_tuned(tmp_path, PLACE, Scenario.OFFLINE) == WON
    assert WON.over(Wish()) == replace(Wish(), shapes=12, batch=4)


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


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"scenarios": {"Offline": {"choice": 3}}}'])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    path = PLACE.file(tmp_path)
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(UsageError, match="cannot be used"):
        read_tuned(tmp_path, PLACE, Scenario.OFFLINE)
