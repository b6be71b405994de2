"""One run from the RunSpec to the verdict: read, compile, warm up, LoadGen, judge, report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from submission.files import write_json
from submission.harness import facts
from submission.harness.backend import Backend, Beat
from submission.harness.detail_log import DetailLog, read_detail_log
from submission.harness.forecast import forecast
from submission.harness.loadgen_run import check_counts, check_out, run_loadgen
from submission.harness.loadgen_settings import test_settings
from submission.harness.outcome import judge
from submission.harness.samples import Samples, read_features
from submission.harness.supervisor import Watch
from submission.harness.sut import Sut
from submission.terms import RunSpec, Scenario

REPORT_FILE = "harness.json"

OpenBackend = Callable[[RunSpec, Samples, Beat], Backend]


def execute(spec: RunSpec, open_backend: OpenBackend, watch: Watch) -> None:
    """Make the run and leave LoadGen's logs, the latencies and ``harness.json`` in ``out``.

    Raises HarnessError where the run is not good; ``harness.json`` is then written too if LoadGen
    came to its end, and says so.
    """
    out = Path(spec.out)
    started = _now()
    check_out(out)
    settings = test_settings(spec)
    samples = read_features(Path(spec.features))
    check_counts(spec, samples)
    watch.enter("compile")
    backend = open_backend(spec, samples, watch.beat)
    try:
        watch.enter("warm")
        backend.warm_up(watch.beat)
        before = facts.usage()
        loadgen_started = _now()
        longest_first = spec.plan.sort_by_length and spec.run.scenario is Scenario.OFFLINE
        with Sut(backend, samples, longest_first=longest_first) as sut:
            watch.watch_run(sut, forecast(spec, count=samples.count))
            run_loadgen(spec, settings, sut, backend, samples)
        watch.enter("write")
        sut.raise_failure()
        log = read_detail_log(out)
        report = {
            "version": 1,
            "run": asdict(spec.run),
            "profile": spec.profile,
            "start": started,
            "loadgen_start": loadgen_started,
            "end": _now(),
            "plan": {"asked": asdict(spec.plan), "used": dict(backend.facts())},
            "latencies": sut.ledger.save(out),
            **_counts(sut, samples),
            **_process(before),
            **_results(log),
        }
        write_json(out / REPORT_FILE, report)
        judge(spec, log, answered=sut.answered, count=samples.count)
    finally:
        backend.close()


def _counts(sut: Sut, samples: Samples) -> dict[str, Any]:
    return {
        "samples": samples.count,
        "issued": sut.issued,
        "answered": sut.answered,
        "queue_depth_max": sut.queue_depth_max,
    }


def _process(before: dict[str, float]) -> dict[str, Any]:
    after = facts.usage()
    cpu_s = {key: round(after[key] - before[key], 3) for key in after if key.startswith("cpu_")}
    return {
        "versions": facts.versions(),
        "machine": facts.machine(),
        "memory_peak_bytes": after["memory_peak_bytes"],
        "loadgen_cpu_s": cpu_s,
    }


def _results(log: DetailLog) -> dict[str, Any]:
    return {
        "validity": log.values.get("result_validity"),
        "loadgen_errors": list(log.errors),
        "results": log.starting("result_", "early_stopping_"),
        "effective": log.starting("effective_"),
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
