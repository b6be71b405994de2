"""When a run began: the log's date against the stamp for the power analyzer, in any time zone."""

from dataclasses import replace

import pytest

from submission.checks.relations import LogFigures
from submission.checks.relations.clocks import begun, past_quarter_s
from submission.checks.relations.relation import HOLDS
from submission.loadgen import DetailLog, parse_detail_log
from submission.policy import load_policy
from tests.recorded.pack import DETAIL, recorded
from tests.recorded.runs import PERFORMANCE

POLICY = load_policy("v3.0")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2023-03-03T08:32:21Z", 141.0),
        ("03-03-2023 07:32:23.661", 143.661),
        ("03-03-2023 07:00:00.000", 0.0),
        ("2023-03-03T08:59:59Z", 899.0),
        ("2023-03-03", None),
        ("", None),
        (None, None),
        ("yesterday, at half past nine", None),
    ],
)
def test_the_seconds_since_the_last_quarter_of_an_hour(
    text: str | None, seconds: float | None
) -> None:
    assert past_quarter_s(text) == pytest.approx(seconds)


def figures(date: str, begin: str, generated_ms: float | None = 2_000.0) -> LogFigures:
    times = {} if generated_ms is None else {"generated_query_duration": generated_ms}
    log = DetailLog(
        size_bytes=1,
        values={"test_datetime": date, "power_begin": begin},
        lines={},
        line_count=2,
        marked_count=2,
        times=times,
    )
    return LogFigures(
        log=log, values=log.values, scenario=None, part=None, terms=None, span_ms=None
    )


DATE = "2023-03-03T08:29:59Z"


@pytest.mark.parametrize(
    "begin",
    [
        "03-03-2023 08:30:01.000",
        "03-03-2023 08:30:01.999",  # the second that is cut off
        "03-03-2023 03:00:01.500",  # other time zones, Nepal's too
        "03-03-2023 14:15:01.500",
        "03-04-2023 08:30:50.000",
    ],
)
def test_a_run_may_begin_when_its_queries_are_made(begin: str) -> None:
    assert begun.test(figures(DATE, begin), POLICY) == HOLDS


@pytest.mark.parametrize("begin", ["03-03-2023 08:29:58.000", "03-03-2023 08:32:00.000"])
def test_a_run_that_began_at_another_time_is_none_of_this_log(begin: str) -> None:
    assert (
        begun.test(figures(DATE, begin), POLICY)
        == "2 s after test_datetime, whatever the time zone"
    )


@pytest.mark.parametrize("begin", ["", "soon"])
def test_without_both_times_nothing_is_said(begin: str) -> None:
    assert begun.test(figures(DATE, begin), POLICY) is None
    assert begun.test(figures("", "03-03-2023 08:30:01.000"), POLICY) is None
    assert begun.test(figures(DATE, "03-03-2023 08:30:01.000", None), POLICY) is None


def test_every_recorded_run_began_so() -> None:
    for run in PERFORMANCE:
        log = parse_detail_log(recorded()[run.name][DETAIL])
        made = replace(figures("", ""), log=log, values=log.values)
        assert begun.test(made, POLICY) == HOLDS, run.name
