"""One run from the RunSpec to the verdict: read, compile, warm up, LoadGen, check, report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from submission.files import write_json
from submission.harness import facts
from submission.harness.backend import Backend, Heartbeat
from submission.harness.digests import run_digests
from submission.harness.dispatch import GroupOrder
from submission.harness.failure import FailureKind, HarnessError
from submission.harness.files import REPORT_FILE
from submission.harness.forecast import forecast
from submission.harness.loadgen_run import (
    check_counts,
    check_out,
    check_schedule,
    run_loadgen,
)
from submission.harness.loadgen_settings import test_settings
from submission.harness.outcome import judge, read_log
from submission.harness.qsl import read_qsl
from submission.harness.supervisor import Watch
from submission.harness.surroundings import Surroundings
from submission.harness.sut import Sut
from submission.loadgen import DetailLog
from submission.squad.samples import Samples
from submission.terms import Mode, RunSpec, Scenario

OpenBackend = Callable[[RunSpec, Samples, Heartbeat], Backend]
MakeSut = Callable[[Any, Samples, GroupOrder], Sut]


def execute(
    spec: RunSpec, open_backend: OpenBackend, watch: Watch, make_sut: MakeSut = Sut
) -> None:
    """Run, and leave LoadGen's logs, the latencies and ``harness.json`` in ``out``.

    Raises HarnessError for a failed run; ``harness.json`` is written too if LoadGen finished,
    and records the failure.
    """
    started = _now()
    check_out(Path(spec.out))
    settings = test_settings(spec)
    samples = read_qsl(Path(spec.features))
    check_counts(spec, samples)
    check_schedule(spec, facts.free_memory_bytes())
    watch.enter("compile")
    backend = open_backend(spec, samples, watch.heartbeat)
    try:
        watch.enter("warm")
        backend.warm_up(watch.heartbeat)
        times = {"start": started, "loadgen_start": _now()}
        before = facts.usage()
        around = Surroundings()
        sut = _measure(spec, settings, make_sut(backend, samples, order_of(spec)), watch)
        used = {"used": dict(backend.facts())}
        process = _process(before, used["used"].get("workers", []), around)
    finally:
        backend.close()
    watch.enter("write")
    log = read_log(Path(spec.out))
    _write(spec, sut, {**times, "end": _now(), **_about(spec, used), **process, **_results(log)})
    judge(spec, log, answered=sut.answered, count=len(samples))


def _measure(spec: RunSpec, settings: Any, sut: Sut, watch: Watch) -> Sut:
    with sut:
        watch.watch_run(sut, forecast(spec, count=len(sut.samples)))
        run_loadgen(spec, settings, sut)
    sut.raise_failure()
    return sut


def order_of(spec: RunSpec) -> GroupOrder:
    """The order of samples by the plan, for the scenario of the run."""
    plan = spec.plan
    if spec.run.scenario is Scenario.OFFLINE:
        return GroupOrder(batch=plan.batch, longest_first=plan.sort_by_length)
    # an accuracy run has no latency bound
    bounded = plan.late_last and spec.run.mode is Mode.PERFORMANCE
    return GroupOrder(bound_ns=spec.settings.target_latency_ns if bounded else None)


def _write(spec: RunSpec, sut: Sut, report: dict[str, Any]) -> None:
    out = Path(spec.out)
    try:
        report |= {"latencies": sut.ledger.save(out), **_counts(sut)}
        report["digests"] = run_digests(spec)
        write_json(out / REPORT_FILE, report)
    except OSError as error:
        raise HarnessError(
            "the report of the run cannot be written",
            kind=FailureKind.OUT,
            detail=f"{out}: {error.strerror or error}",
            hint="check whether the disk of the out folder is full, then run again",
        ) from error


def _about(spec: RunSpec, used: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": 1,
        "run": asdict(spec.run),
        "profile": spec.profile,
        "plan": {"asked": asdict(spec.plan), **used},
    }


def _counts(sut: Sut) -> dict[str, Any]:
    return {
        "samples": len(sut.samples),
        "issued": sut.issued,
        "answered": sut.answered,
        "queue_depth_max": sut.queue_depth_max,
        "postponed": sut.postponed,
    }


def _process(
    before: dict[str, float], workers: list[dict[str, Any]], around: Surroundings
) -> dict[str, Any]:
    """What this process and its workers used, and what others took meanwhile."""
    after = facts.usage()
    cpu_s = {
        key: round(after[key] - before[key] + sum(each[key] for each in workers), 3)
        for key in after
        if key.startswith("cpu_")
    }
    memory = sum((each["memory_peak_bytes"] for each in workers), after["memory_peak_bytes"])
    return {
        "versions": facts.versions(),
        "machine": facts.machine(),
        "memory_peak_bytes": memory,
        "loadgen_cpu_s": cpu_s,
        "disturbance": around.disturbance(sum(cpu_s.values())),
    }


def _results(log: DetailLog) -> dict[str, Any]:
    return {
        "validity": log.values.get("result_validity"),
        "loadgen_errors": [f"{error.key}: {error.text}" for error in log.errors],
        "results": log.starting("result_", "early_stopping_"),
        "effective": log.starting("effective_"),
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
