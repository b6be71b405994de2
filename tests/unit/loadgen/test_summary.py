"""LoadGen's summary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submission.loadgen import Summary, Unreadable
from submission.loadgen.summary import parse_summary
from submission.policy import load_policy
from submission.terms import Scenario
from tests.fakes.loadgen_logs import summary_text
from tests.fakes.loadgen_run import run_values

POLICY = load_policy("v3.0")


def parsed(text: str) -> Summary:
    found = parse_summary(text.encode())
    assert isinstance(found, Summary)
    return found


@pytest.mark.parametrize("scenario", POLICY.scenarios)
def test_a_summary_says_what_loadgen_says(scenario: Scenario) -> None:
    values = run_values(POLICY, "resnet", scenario)
    summary = parsed(summary_text(values))
    assert (summary.validity, summary.get("Scenario")) == ("VALID", scenario.value)
    assert summary.get("Max latency (ns)") or summary.get("Min latency (ns)")


def test_names_and_values_lose_their_blanks_and_keep_their_line() -> None:
    summary = parsed("\n=====\n  Min duration satisfied :  Yes \r\nResult is: VALID\n")
    assert summary.get("Min duration satisfied") == "Yes"
    assert (summary.lines["Min duration satisfied"], summary.lines["Result is"]) == (3, 4)


def test_the_first_of_a_name_counts() -> None:
    assert parsed("Result is : INVALID\nResult is : VALID\n").validity == "INVALID"


def test_a_list_below_a_name_is_no_pair() -> None:
    assert " * Min: raise it" not in parsed("Recommendations:\n * Min: raise it\n").values
    assert parsed(" * Min: raise it\n").values == {}


@pytest.mark.parametrize(
    ("text", "count"),
    [("No errors encountered during test.", 0), ("2 ERRORS encountered.", 2), ("", None)],
)
def test_the_count_of_errors_is_read(text: str, count: int | None) -> None:
    assert parsed(text).error_count == count


@pytest.mark.parametrize(
    ("content", "why"), [(b"a : \xff", "byte 4 is not UTF-8"), (b"a\x00", "it holds NUL bytes")]
)
def test_what_is_no_text_is_reported(content: bytes, why: str) -> None:
    assert parse_summary(content) == Unreadable(why=why)


@pytest.mark.parametrize("text", ["a" + " " * 500_000, "a:x" + " " * 500_000 + "y", "a:b\n" * 9999])
def test_long_runs_of_anything_take_no_time(text: str) -> None:
    assert len(parsed(text).values) <= 1


def test_only_so_many_names_are_kept() -> None:
    assert len(parsed("".join(f"{n}: x\n" for n in range(5000))).values) == 1000


@given(st.binary(max_size=200))
def test_no_bytes_stop_the_parser(content: bytes) -> None:
    assert parse_summary(content)
