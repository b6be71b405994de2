"""One Server run of the search, and what it shows."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from submission.harness.entry import read_spec
from submission.harness.facts import free_memory_bytes
from submission.harness.failure import HarnessError
from submission.harness.loadgen_run import check_schedule
from submission.lab.bench.goals import STACK
from submission.lab.bench.process import offline_pass, run_way
from submission.lab.bench.published_stack.stack import PublishedStack
from submission.lab.bench.search import SearchStep, Try
from submission.lab.bench.subject import Asked, Model, write_spec
from submission.runs.outcome import RunFailure, RunReport
from submission.runs.tuned import Place
from submission.terms import NS_PER_MS, Scenario, SutPlan

# a run that ended so says something about the rate; any other failure is a failure
ABOUT_RATE = ("invalid", "overload")
IDLE_QPS, IDLE_QUERIES = 2.0, 20
# LoadGen counts from the moment that it planned for a query: the reference's queue keeps it
# waiting when all requests are busy, which the time of the call would not show
POINTS = (
    "result_50.00_percentile_latency_ns",
    "result_90.00_percentile_latency_ns",
    "result_99.00_percentile_latency_ns",
    "result_max_latency_ns",
)


@dataclass(frozen=True, kw_only=True)
class ServerCase:
    """What the search runs: a way over a model, under a bound at a percentile.

    ``stack`` is the published software, which its way needs.
    """

    way: str
    model: Model
    place: Place
    features: Path
    plan: SutPlan
    bound_ms: float
    percentile: float
    folder: Path
    stack: PublishedStack | None = None

    def report(self, spec: Path) -> RunReport:
        """A Server run of this way; raises StageError if it failed in itself."""
        if self.stack and self.way == STACK:
            return self.stack.server_report(spec)
        return run_way(self.way, spec).report(allowed=ABOUT_RATE)

    def rate(self, spec: Path) -> float:
        """The samples a second of an Offline pass of this way."""
        if self.stack and self.way == STACK:
            return self.stack.offline_pass(spec).rate
        return offline_pass(self.way, spec).rate

    def plan_json(self) -> dict[str, Any]:
        """The plan as JSON gives it back, without its words."""
        plan = asdict(self.plan) | {"buckets": list(self.plan.buckets)}
        return {name: value for name, value in plan.items() if name != "reason"}


@dataclass(frozen=True, kw_only=True)
class Length:
    """The least seconds and queries of a run."""

    seconds: float
    queries: int

    def at(self, qps: float) -> float:
        """Seconds that a run of that rate lasts."""
        return max(self.seconds, self.queries / qps)


def run_try(case: ServerCase, step: SearchStep, length: Length) -> Try:
    """Run LoadGen's Server scenario once; raises StageError if it failed in itself."""
    asked = Asked(
        scenario=Scenario.SERVER,
        qps=float(f"{step.qps:.5g}"),
        seconds=length.seconds,
        min_queries=length.queries,
        bound_ms=case.bound_ms,
        percentile=case.percentile,
    )
    spec = write_spec(case.model, case.features, case.plan, asked, case.folder / "run")
    start = time.monotonic()
    if refusal := _refusal(spec):
        return _try_of(step, (0.0, 0.0), RunReport(folder=spec.parent, values={}, failure=refusal))
    report = case.report(spec)
    lasted = (length.at(step.qps), time.monotonic() - start)
    return _try_of(step, lasted, report)


def idle_ms(case: ServerCase) -> float:
    """Median latency of the way when nothing else waits."""
    step = SearchStep(qps=IDLE_QPS, full=False)
    return run_try(case, step, Length(seconds=1, queries=IDLE_QUERIES)).p50_ms


def _try_of(step: SearchStep, lasted: tuple[float, float], report: RunReport) -> Try:
    p50, p90, p99, most = (round((report.number(key) or 0) / NS_PER_MS, 2) for key in POINTS)
    failure = report.failure
    return Try(
        qps=float(f"{step.qps:.5g}"),
        full=step.full,
        valid=failure is None,
        asked_s=round(lasted[0], 1),
        seconds=round(lasted[1], 1),
        queries=report.answered,
        p50_ms=p50,
        p90_ms=p90,
        p99_ms=p99,
        max_ms=most,
        advice=f"{failure.detail}; {failure.hint}" if failure else "",
    )


def _refusal(spec: Path) -> RunFailure | None:
    """Why LoadGen cannot even schedule the queries, in the words of the run."""
    try:
        check_schedule(read_spec([str(spec)]), free_memory_bytes())
    except HarnessError as error:
        return RunFailure.of(error)
    return None
