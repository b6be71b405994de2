"""ptd_logs.txt, and what client.json and server.json say of the measurement."""

import time
from pathlib import Path
from typing import Any

import pytest

from submission.loadgen import phase_stamps, read_stated_power, set_ranges
from submission.loadgen.power_session import parse_stated_power

GO = b"03-01-2023 18:38:04.729: Go with mark '%b'\n"
STATED = (
    b"03-01-2023 18:50:35.730: Avg watts %b, min watts 57.340000, max watts 110.780000,"
    b" samples 751, errors 0, valid 751\n"
)
LOG = GO % b"kit_ranging" + STATED % b"95.5" + GO % b"kit_testing" + STATED % b"96.525752"


def test_the_figures_of_the_measurement_with_a_mark() -> None:
    stated = parse_stated_power(LOG, "kit_testing")
    assert stated is not None
    assert (stated.mean_watts, stated.most_watts) == (96.525752, 110.78)
    assert (stated.sample_count, stated.error_count, stated.line) == (751, 0, 4)
    ranging = parse_stated_power(LOG, "kit_ranging")
    assert ranging is not None
    assert ranging.mean_watts == 95.5


@pytest.mark.parametrize(
    "content",
    [
        b"",
        STATED % b"95.5",
        STATED % b"95.5" + GO % b"kit_testing",
        GO % b"kit_testing" + GO % b"other" + STATED % b"95.5",
        GO % b"kit_testing" + STATED % b"9.5.5",
        GO % b"kit_testing" + STATED % (b"9" * 40),
    ],
)
def test_a_log_that_states_nothing(content: bytes) -> None:
    assert parse_stated_power(content, "kit_testing") is None


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert read_stated_power(tmp_path / "ptd_logs.txt", "kit_testing") is None


@pytest.mark.parametrize(
    "part", [b": Avg watts ", b"9", b": Avg watts 9", b"Go with mark '", b"\n"]
)
def test_a_long_run_of_anything_is_read_in_no_time(part: bytes) -> None:
    begin = time.process_time()
    assert parse_stated_power(GO % b"kit_testing" + part * 500_000, "kit_testing") is None
    assert time.process_time() - begin < 2


def test_the_times_of_a_phase() -> None:
    phases: dict[str, Any] = {"testing": [[1.5, 2], [2, 3], [3, 4], [4, 5]], "ranging": [[1, 2]]}
    assert phase_stamps({"phases": phases}, "testing") == (1.5, 2, 3, 4)
    assert phase_stamps({"phases": phases}, "ranging") is None


@pytest.mark.parametrize(
    "stamps",
    [None, [], [1, 2, 3, 4], [[], [1], [2], [3]], [["1"], [1], [2], [3]], [[1e300]] * 4],
)
def test_a_phase_without_times(stamps: object) -> None:
    assert phase_stamps({"phases": {"testing": stamps}}, "testing") is None
    assert phase_stamps({"phases": stamps}, "testing") is None


def _commands(*said: object) -> dict[str, Any]:
    return {"ptd_messages": [{"cmd": one} for one in said]}


def test_the_ranges_of_the_measurement() -> None:
    said = ("SR,V,300", "Go,1000,0,x_ranging", "SR,V,119.35", "SR,A,0.9894", "Go,1000,0,x_testing")
    assert set_ranges(_commands(*said, "SR,A,10")) == {"V": 119.35, "A": 0.9894}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"ptd_messages": "SR"},
        {"ptd_messages": ["SR,V,1"]},
        _commands("SR,V,119.35"),
        _commands("SR,V,Auto", 1, "Go,1000,0,x_testing"),
        _commands("SR,V,1", "Go,1000,0,x_ranging", "Go,1000,0,x_testing"),
    ],
)
def test_no_ranges(document: dict[str, Any]) -> None:
    assert set_ranges(document) == {}
