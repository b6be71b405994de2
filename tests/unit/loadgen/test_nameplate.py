"""The nameplate of a system: a small file of YAML, and the watts that it adds up to."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submission.loadgen.nameplate import NO_WATTS, Nameplate, parse_nameplate
from submission.loadgen.reading import Unreadable

# two components as the official template has them, one with a supply that only stands by
TEMPLATE = """\
# what the rack needs
My System:
- My Rack 1:
  - My Server 1:
    - Description: 'Optional: a "text" # no comment'
      Min PSUs Needed: 2   # of three
      PSUs:
      - Name: PSU 1
        PowerCapacityWatts: 1200
      - Name: PSU 2
        PowerCapacityWatts: 1600.5
      - {name}: PSU 3
        PowerCapacityWatts: 900
  - My Switch 1:
    - Min PSUs needed: 1
      PSUs:
      - Name: "PSU 1"
        PowerCapacityWatts: 350
      - Name: PSU 2
        PowerCapacityWatts: 350
""".replace("{name}", "Name")


def read(text: str) -> Any:
    found = parse_nameplate(text.encode())
    assert isinstance(found, Nameplate), found
    return found


def test_the_supplies_that_are_needed_are_added_up_and_those_that_stand_by_are_not() -> None:
    assert read(TEMPLATE).watts() == 1200 + 1600.5 + 350


def test_a_file_of_json_is_yaml() -> None:
    value = {"a": [{"PSUs": [{"PowerCapacityWatts": 5}], "MIN PSUS NEEDED": 1}]}
    assert read(json.dumps(value)).watts() == 5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# nothing\n", None),
        ("a:\nb: ~\n", {"a": None, "b": None}),
        ("a: 1\nb: -2.5\nc: yes it is\nd: true", {"a": 1, "b": -2.5, "c": "yes it is", "d": True}),
        ("a:\n  b:\n    - 1\n    -\n      c: 2\n", {"a": {"b": [1, {"c": 2}]}}),
        ("- - 1\n  - 2\n- x\n", [[1, 2], "x"]),
        ("'a b': \"c: d\"\n", {"a b": "c: d"}),
        ("just text", "just text"),
    ],
)
def test_block_yaml_is_read(text: str, value: Any) -> None:
    assert read(text).value == value


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a: &b 1\n", "line 1: '&b 1' is YAML of a form that is not read here"),
        (b"a:\n\tb: 1\n", "line 2 is indented by a tab"),
        (b"a:\n    b: 1\n  c: 2\n", "line 3 is indented as no line before it"),
        (b"a: 1\na: 2\n", "line 2: 'a' stands there twice"),
        (b"a: 'b\n", "line 1: a quoted text of a form that is not read here"),
        (b"\xff", "byte 0 is not UTF-8"),
        (b"{", "it is not JSON: "),
        (b"- " * 200 + b"a", "it is nested over 40 deep"),
    ],
)
def test_what_is_not_read_is_said_with_its_line(content: bytes, words: str) -> None:
    found = parse_nameplate(content)
    assert isinstance(found, Unreadable)
    assert found.why.startswith(words)


@pytest.mark.parametrize(
    "leaf",
    [
        "Min PSUs Needed: 1\nPSUs:\n- PowerCapacityWatts: 1200 W\n",
        "Min PSUs Needed: one\nPSUs:\n- PowerCapacityWatts: 1200\n",
        "Min PSUs Needed: 1\nPSUs: 4\n",
        "Min PSUs Needed: 1\nPSUs:\n- PSU 1\n",
    ],
)
def test_supplies_of_another_form_cannot_be_added_up(leaf: str) -> None:
    with pytest.raises(NO_WATTS):
        read(leaf).watts()


def test_json_that_is_nested_deeply_is_no_nameplate() -> None:
    deep = "[" * 100_000
    found = parse_nameplate(deep.encode())
    assert isinstance(found, Unreadable)
    closed = parse_nameplate(("[" * 900 + "]" * 900).encode())
    # how deep Python reads and adds up differs by its version
    if isinstance(closed, Nameplate):
        with contextlib.suppress(*NO_WATTS):
            assert closed.watts() == 0


@given(st.text(alphabet="ab:- '\"\n\t#&{[1", max_size=200))
def test_no_text_stops_the_reader(text: str) -> None:
    found = parse_nameplate(text.encode())
    if isinstance(found, Nameplate):
        with contextlib.suppress(*NO_WATTS):
            found.watts()


@pytest.mark.parametrize("piece", ["- ", "a: ", "'", "#", "a:\n", "-\n", " ", "\t", "{", "[1,"])
def test_a_long_run_of_anything_takes_no_time(piece: str) -> None:
    parse_nameplate((piece * 60_000).encode())
