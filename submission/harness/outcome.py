"""Whether a finished run is as requested and VALID, by LoadGen's own log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from submission.harness.failure import FailureKind, HarnessError
from submission.harness.loadgen_settings import same, seeds
from submission.loadgen import DetailLog, Unreadable, read_detail_log
from submission.loadgen.answers import count_answers
from submission.loadgen.counts import offline_samples, settings_count
from submission.loadgen.names import ACCURACY_FILE, DETAIL_FILE
from submission.terms import Mode, RunSpec, Scenario

# LoadGen's key for a condition that was not met -> the setting to change
CURES = {
    "result_perf_constraints_met": "lower target_qps, or raise the Server bound "
    "(target_latency_ms) where the division allows it",
    "result_min_duration_met": "raise target_qps to what the SUT reaches, "
    "so that min_duration_ms is filled",
    "result_min_queries_met": "raise min_duration_ms or lower min_query_count",
    "early_stopping_met": "raise min_query_count by the number of queries that LoadGen names, "
    "or lower target_qps",
}


def read_log(out: Path) -> DetailLog:
    """LoadGen's detail log of the run; HarnessError "loadgen" if it is missing or damaged."""
    path = out / DETAIL_FILE
    log = read_detail_log(path)
    if isinstance(log, DetailLog) and log.marked_count and not log.fault_count:
        return log
    if isinstance(log, Unreadable):
        trouble = log.why
    elif log.faults:
        trouble = f"line {log.faults[0].line}: {log.faults[0].what}"
    else:
        trouble = "it has no line written by LoadGen"
    raise HarnessError(
        "LoadGen's detail log cannot be read",
        kind=FailureKind.LOADGEN,
        detail=f"{path}: {trouble}",
        hint="check whether the disk of the out folder is full, then run again",
    )


def judge(spec: RunSpec, log: DetailLog, *, answered: int, count: int) -> None:
    """Raise HarnessError unless the run is as requested ("settings", "loadgen") and VALID.

    ``answered``: samples that the SUT answered; ``count``: samples of the data set.
    """
    # differing settings first: LoadGen's errors often follow from them
    check_effective(spec, log)
    check_errors(log)
    if spec.run.mode is Mode.ACCURACY:
        check_complete(Path(spec.out), answered=answered, count=count)
    else:
        check_valid(spec, log)


def expected_effective(spec: RunSpec) -> dict[str, Any]:
    """What the ``effective_*`` keys of the detail log must say."""
    asked = spec.settings
    common: dict[str, Any] = {
        "scenario": str(spec.run.scenario),
        "test_mode": spec.run.mode.loadgen,
        "performance_sample_count": asked.performance_sample_count,
        "min_duration_ms": asked.min_duration_ms,
        "max_duration_ms": 0,
        "max_query_count": 0,
        "target_qps": float(asked.target_qps),
        # what a conf file might still set, and the rules forbid
        "accuracy_log_probability": 0,
        "performance_issue_unique": False,
        "performance_issue_same": False,
        "sample_concatenate_permutation": False,
        **seeds(asked),
    }
    if spec.run.scenario is Scenario.OFFLINE:
        own: dict[str, Any] = {"samples_per_query": offline_samples(asked)}
    else:
        own = {
            "min_query_count": settings_count(asked, spec.run.scenario),
            "target_latency_ns": asked.target_latency_ns,
            "target_latency_percentile": asked.target_latency_percentile,
        }
    return {f"effective_{key}": v for key, v in (common | own).items() if v is not None}


def check_effective(spec: RunSpec, log: DetailLog) -> None:
    """HarnessError "settings" with both values of every ``effective_*`` that differs."""
    odd = [
        f"{key} is {log.values.get(key)!r}, requested was {value!r}"
        for key, value in expected_effective(spec).items()
        if key not in log.values or not same(log.values[key], value)
    ]
    if odd:
        raise HarnessError(
            "LoadGen did not run what was requested",
            kind=FailureKind.SETTINGS,
            detail="; ".join(odd),
            hint="look for keys in user.conf and mlperf.conf that contradict the profile",
        )


def check_errors(log: DetailLog) -> None:
    """HarnessError "loadgen" if LoadGen logged an error; such a log would not be accepted."""
    if log.errors:
        raise HarnessError(
            f"LoadGen logged {len(log.errors)} error(s)",
            kind=FailureKind.LOADGEN,
            detail="; ".join(f"{error.key}: {error.text}" for error in log.errors),
            hint="a log with errors may not be submitted; see mlperf_log_detail.txt",
        )


def check_valid(spec: RunSpec, log: DetailLog) -> None:
    """HarnessError "invalid" with LoadGen's reasons unless the result is VALID."""
    verdict = log.values.get("result_validity")
    if verdict == "VALID":
        return
    unmet = [key for key in CURES if log.values.get(key) is False]
    if spec.run.scenario is Scenario.OFFLINE:
        cures = ["raise target_qps: LoadGen then makes a larger query, which lasts longer"]
    else:
        cures = [CURES[key] for key in unmet]
    words = [
        str(log.values.get(key, "")) for key in ("result_invalid_reason", "early_stopping_result")
    ]
    said = " ".join(" ".join(words).replace(" * ", " ").split())
    raise HarnessError(
        f"LoadGen calls the run {verdict or 'neither VALID nor INVALID'}",
        kind=FailureKind.INVALID,
        detail=f"not met: {', '.join(unmet) or 'nothing named'}; LoadGen says: {said or 'nothing'}",
        hint="; ".join(cures) or "see mlperf_log_summary.txt",
    )


def check_complete(out: Path, *, answered: int, count: int) -> None:
    """HarnessError "loadgen" unless every sample of the data set was answered and logged once."""
    logged = count_answers(out / ACCURACY_FILE)
    if not answered == logged == count:
        raise HarnessError(
            "the accuracy run does not cover the data set",
            kind=FailureKind.LOADGEN,
            detail=f"{count} samples, {answered} answered, {logged} in the accuracy log",
            hint="check whether the disk of the out folder is full, then run again",
        )
