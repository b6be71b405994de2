"""Starting the process of a run, and reading what came of it."""

import json
import os
import sys
from pathlib import Path

import pytest

from submission.errors import StageError
from submission.harness.failure import FailureKind
from submission.runs.launch import command, launch_here
from submission.runs.outcome import NOT_VALID, FailedRunError, RunEnd, sample_indices
from submission.terms import Scenario
from tests.fakes.harness_process import make_run_spec

RUN = (
    'PROGRESS {"phase": "run", "elapsed_s": 150.2, "expected_s": 600, "answered": 9, "total": null}'
)
FAILED = {"kind": "model", "what": "no such model", "detail": "of /x.xml", "hint": "fetch it"}


def python(folder: Path, code: str, limit_s: float | None = None) -> RunEnd:
    """A process that runs ``code`` in place of the harness."""
    line = (sys.executable, "-c", code)
    return launch_here(line, folder, "the run", limit_s=limit_s)


def test_the_harness_and_the_ways_of_a_bench_are_started_alike() -> None:
    assert command("/out/run_spec.json") == (
        *("python", "-m", "submission.harness", "/out/run_spec.json"),
    )
    assert command("spec.json", module="submission.lab.bench", way="null", python="/x/python") == (
        *("/x/python", "-m", "submission.lab.bench", "null", "spec.json"),
    )


def test_every_line_is_kept_and_only_progress_is_passed_on(tmp_path: Path) -> None:
    steps: list[tuple[float | None, str]] = []
    launch_here(
        (sys.executable, "-c", f"print('a warning'); print({RUN!r})"),
        tmp_path,
        "the run",
        on_progress=lambda share, words: steps.append((share, words)),
    )
    assert [words for _, words in steps] == ["run 9, 0.0599/s, 450 s left"]
    assert (tmp_path / "harness.log").read_text() == f"a warning\n{RUN}\n"


def test_the_process_finds_the_kit_wherever_it_starts(tmp_path: Path) -> None:
    end = python(tmp_path, "import submission.harness")
    assert end.outcome.ok


def test_a_process_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="the run hangs") as caught:
        python(tmp_path, "import time; time.sleep(60)", limit_s=0.2)
    assert "harness.log" in caught.value.hint


def test_a_process_within_its_limit_is_not_called_hanging(tmp_path: Path) -> None:
    assert python(tmp_path, "raise SystemExit(3)", limit_s=60).outcome.exit_code == 3


def test_a_failure_has_the_words_of_the_harness_and_where_its_files_are(tmp_path: Path) -> None:
    code = f"open({str(tmp_path / 'error.json')!r}, 'w').write({json.dumps(FAILED)!r}); exit(3)"
    end = python(tmp_path, code)
    error = FailedRunError(end)
    assert (error.what, error.hint) == ("the run: no such model", "fetch it")
    assert error.detail == f"of /x.xml; kept in {tmp_path}"
    with pytest.raises(StageError, match="no such model"):
        end.report()


def test_a_harness_that_died_is_reported_with_its_last_lines(tmp_path: Path) -> None:
    error = python(tmp_path, "print('last words'); exit(7)").error()
    assert error.what == "the run failed"
    assert "exit code 7; last lines: last words" in error.detail


def test_the_failure_of_an_earlier_run_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "error.json").write_text(json.dumps(FAILED))
    (tmp_path / "harness.json").write_text("{}")
    end = python(tmp_path, "exit(7)")
    assert end.failure is None
    assert not (tmp_path / "harness.json").exists()


def test_a_good_run_without_a_report_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="the run left no report"):
        python(tmp_path, "").report()


@pytest.mark.parametrize("broken", ["{", '{"kind": "model"}', "[]"])
def test_a_damaged_error_file_is_as_none(tmp_path: Path, broken: str) -> None:
    code = f"open({str(tmp_path / 'error.json')!r}, 'w').write({broken!r}); exit(3)"
    assert python(tmp_path, code).error().what == "the run failed"


def test_a_run_that_is_not_valid_has_a_report_where_that_is_allowed(tmp_path: Path) -> None:
    spec = make_run_spec(tmp_path, Scenario.SERVER, target_latency_ns=1_000_000, min_query_count=50)
    path = Path(spec.out) / "run_spec.json"
    path.write_text(json.dumps(spec.to_json()))
    fake = Path(__file__).parents[2] / "fakes" / "backend.py"
    line = (sys.executable, str(fake), "slow", str(path))
    end = launch_here(line, path.parent, "the run")
    with pytest.raises(StageError, match="INVALID"):
        end.report()
    report = end.report(allowed=NOT_VALID)
    assert report.failure is not None
    assert report.failure.kind == FailureKind.INVALID
    assert "result_perf_constraints_met" in (report.invalid or "")
    assert report.values["validity"] == "INVALID"
    assert report.number("result_99.00_percentile_latency_ns") is not None
    assert report.answered == len(sample_indices(path.parent)) > 0
    assert set(report.cpus) == os.sched_getaffinity(0)
