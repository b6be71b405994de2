"""What an INVALID run shows about its settings, and what is kept of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from submission.runs.mend import Lessons, Mend, mend_of, mended
from submission.runs.outcome import RunFailure, RunReport
from submission.terms import LoadgenSettings, Mode, RunId, Scenario

SETTINGS = LoadgenSettings(
    qsl_rng_seed=1,
    sample_index_rng_seed=2,
    schedule_rng_seed=3,
    performance_sample_count=10,
    min_duration_ms=600_000,
    min_query_count=1000,
    target_qps=100.0,
)
OFFLINE, SERVER = Scenario.OFFLINE, Scenario.SERVER


def run_of(scenario: Scenario) -> RunId:
    return RunId(benchmark="b", scenario=scenario, mode=Mode.PERFORMANCE)


def report_of(kind: str = "invalid", **results: Any) -> RunReport:
    failure = RunFailure(kind=kind, what="w", detail="d", hint="h")
    return RunReport(folder=Path("x"), values={"results": results}, failure=failure)


SHORT: dict[str, Any] = {"result_min_duration_met": False, "result_samples_per_second": 228.0}
LATE: dict[str, Any] = {
    "result_perf_constraints_met": False,
    "result_completed_samples_per_sec": 99.0,
}
FEW: dict[str, Any] = {
    "result_perf_constraints_met": True,
    "early_stopping_met": False,
    "early_stopping_result": " * Only processed 1000 queries.\n * Need to process at least 2456 "
    "queries for early stopping.",
}


@pytest.mark.parametrize(
    ("scenario", "report", "setting", "after"),
    [
        (OFFLINE, report_of(**SHORT), "target_qps", 260),
        (SERVER, report_of(**LATE), "target_qps", 85),
        (
            SERVER,
            report_of(**(LATE | {"result_completed_samples_per_sec": 50.0})),
            "target_qps",
            45,
        ),
        (SERVER, report_of(**FEW), "min_query_count", 2702),
        (SERVER, report_of(**(FEW | LATE)), "target_qps", 85),
        (SERVER, report_of("overload"), "target_qps", 72),
    ],
)
def test_an_invalid_run_names_the_setting_that_mends_it(
    scenario: Scenario, report: RunReport, setting: str, after: float
) -> None:
    found = mend_of(run_of(scenario), SETTINGS, report, Path("/kept"))
    assert found is not None
    assert (found.setting, found.after, found.kept) == (setting, after, "/kept")
    assert found.before == getattr(SETTINGS, setting)


@pytest.mark.parametrize(
    ("scenario", "report"),
    [
        (OFFLINE, report_of()),
        (OFFLINE, report_of(**(SHORT | {"result_samples_per_second": 80.0}))),
        (OFFLINE, report_of(**(SHORT | {"result_min_duration_met": True}))),
        (OFFLINE, report_of("overload")),
        (SERVER, report_of()),
        (SERVER, report_of(result_min_queries_met=False)),
        (Scenario.SINGLE_STREAM, report_of(**SHORT)),
    ],
)
def test_what_no_setting_is_known_for_is_not_repeated(
    scenario: Scenario, report: RunReport
) -> None:
    assert mend_of(run_of(scenario), SETTINGS, report, Path("/kept")) is None


def mend(setting: str, before: float, after: float) -> Mend:
    return Mend(setting=setting, before=before, after=after, why="w", kept="/k")


def test_offline_only_grows_server_only_shrinks_and_counts_grow() -> None:
    faster, slower = mend("target_qps", 100, 260), mend("target_qps", 100, 85)
    assert mended(OFFLINE, SETTINGS, [faster]).target_qps == 260
    assert mended(OFFLINE, replace(SETTINGS, target_qps=300.0), [faster]).target_qps == 300
    assert mended(SERVER, SETTINGS, [slower]).target_qps == 85
    assert mended(SERVER, replace(SETTINGS, target_qps=50.0), [slower]).target_qps == 50
    assert mended(SERVER, SETTINGS, [mend("min_query_count", 1000, 2702)]).min_query_count == 2702
    assert mended(SERVER, SETTINGS, []) == SETTINGS


def test_lessons_last_and_hold_for_their_place_only(tmp_path: Path) -> None:
    here = Lessons(file=tmp_path / "a" / "x.json", place={"image": "1", "plan": [1, 2]})
    assert here.read() == ()
    first, second = mend("target_qps", 100, 260), mend("target_qps", 260, 300)
    here.add(first)
    here.add(second)
    assert Lessons(file=here.file, place=here.place).read() == (first, second)
    assert Lessons(file=here.file, place={"image": "2", "plan": [1, 2]}).read() == ()
    here.file.write_text("{")
    assert here.read() == ()


def test_a_mend_says_what_it_changed_and_why() -> None:
    assert str(mend("target_qps", 165, 250)) == "target_qps 250 in place of 165, since w"
