"""PRF: the result of a performance run: is it there, plausible, and what the log adds up to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from submission.checks.arithmetic import (
    loadgen_duration,
    measured_duration_ms,
    recomputed_result,
)
from submission.checks.model import Breach, Counterpart, Scope, Severity, rule
from submission.checks.result_facts import ResultFacts, RunFacts
from submission.checks.rules.places import at
from submission.checks.rules.references import EARLY_STOPPING, RESULTS_LAYOUT
from submission.checks.rules.requirements import LOG_TYPED
from submission.checks.rules.setting import multistream_samples, offline_samples
from submission.checks.words import shown
from submission.loadgen.keys import PERCENTILES
from submission.policy import Policy
from submission.terms import Scenario

RECOMPUTED = {Scenario.SINGLE_STREAM: "result_qps_without_loadgen_overhead"}
# (scenario of the folder, scenario that was run): the key that an inferred result is made of
INFERRED = {
    (Scenario.OFFLINE, Scenario.SINGLE_STREAM): "result_qps_without_loadgen_overhead",
    (Scenario.OFFLINE, Scenario.MULTI_STREAM): "result_mean_query_latency_ns",
    (Scenario.MULTI_STREAM, Scenario.SINGLE_STREAM): "early_stopping_latency_ms",
}
RECOMPUTED_FROM = {
    Scenario.OFFLINE: ("result_max_latency_ns",),
    Scenario.SERVER: ("result_query_count", "generated_query_duration"),
    Scenario.SINGLE_STREAM: ("result_mean_latency_ns",),
}
# Between which two latencies the early-stopping estimate lies
ESTIMATED = {
    Scenario.SINGLE_STREAM: ("result_90.00_percentile_latency_ns", "result_max_latency_ns"),
    Scenario.MULTI_STREAM: (
        "result_99.00_percentile_per_query_latency_ns",
        "result_max_query_latency_ns",
    ),
}
LADDERS = (
    (
        "result_min_latency_ns",
        *(f"result_{p}_percentile_latency_ns" for p in PERCENTILES),
        "result_max_latency_ns",
    ),
    (
        "result_min_query_latency_ns",
        *(f"result_{p}_percentile_per_query_latency_ns" for p in PERCENTILES),
        "result_max_query_latency_ns",
    ),
)
# Counts that LoadGen logs twice
SAMPLES = (("effective_samples_per_query", "generated_samples_per_query"),)
QUERIES = (("result_query_count", "generated_query_count"),)
COUNTS = {
    Scenario.OFFLINE: (*SAMPLES, *QUERIES),
    Scenario.SERVER: (*SAMPLES, *QUERIES),
    Scenario.SINGLE_STREAM: SAMPLES,
    Scenario.MULTI_STREAM: SAMPLES,
}


@rule(
    id="PRF016",
    title="The log has the scenario's result",
    scope=Scope.RUN,
    reference="inference_rules.adoc, section 'Scenarios', metric",
    hint="submit the log of a finished run",
    requires=LOG_TYPED,
    official=Counterpart.REFUSES,
)
def _result_there(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    for key in result_keys(run, policy) if run.measures else ():
        if run.log.number(key) is None:
            yield at(run, key, expected="a number")


@rule(
    id="PRF017",
    title="The result is a finite number above zero",
    scope=Scope.RUN,
    reference="inference_rules.adoc, section 'Scenarios', metric",
    hint="submit the log that LoadGen wrote",
    requires=LOG_TYPED | {"PRF016"},
)
def _result_plausible(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    for key in result_keys(run, policy) if run.measures else ():
        value = run.log.number(key)
        if value is not None and not (math.isfinite(value) and value > 0):
            yield at(run, key, expected="a finite number above 0")


@rule(
    id="PRF018",
    title="The result follows from the log's counts and times",
    scope=Scope.RUN,
    reference="LoadGen: samples over time",
    hint="submit the log that LoadGen wrote",
    requires=LOG_TYPED | {"PRF016", "PRF017", "PRF022", "PRF023", "PRF025"},
)
def _result_recomputed(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    scenario = run.logged_scenario
    key = RECOMPUTED.get(scenario, result_key(run, policy)) if scenario else None
    value = run.log.number(key) if key else None
    if not run.measures or key is None or value is None or scenario is None:
        return
    span = recomputed_result(run.log, scenario, policy.tolerances)
    if span is not None and not span[0] <= value <= span[1]:
        expected = f"{span[0]:.6g} to {span[1]:.6g} by its counts and times"
        yield at(run, key, expected=expected, about=RECOMPUTED_FROM[scenario])


@rule(
    id="PRF019",
    title="The early-stopping estimate lies between the percentile and the maximum",
    scope=Scope.RUN,
    reference=EARLY_STOPPING,
    hint="submit the log that LoadGen wrote",
    requires=LOG_TYPED | {"PRF016", "PRF017", "PRF021"},
)
def _estimate_in_range(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    scenario, key = run.logged_scenario, result_key(run, policy)
    if not run.measures or scenario not in ESTIMATED or key is None:
        return
    value, low, high = (run.log.number(k) for k in (key, *ESTIMATED[scenario]))
    if value is not None and low is not None and high is not None and not low <= value <= high:
        expected = f"between the percentile {low} and the maximum {high}"
        yield at(run, key, expected=expected, about=ESTIMATED[scenario])


@rule(
    id="PRF020",
    title="One performance run is submitted",
    scope=Scope.RESULT,
    severity=Severity.NOTE,
    reference=RESULTS_LAYOUT,
    hint="remove the folder; only run_1 counts",
)
def _other_runs(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for name in facts.other_runs:
        yield Breach(
            at=f"{facts.path}/performance/{name}", found=shown(name), expected="run_1 alone counts"
        )


@rule(
    id="PRF021",
    title="Latencies rise from the minimum through the percentiles to the maximum",
    scope=Scope.RUN,
    reference="LoadGen: order of percentiles",
    hint="submit the log that LoadGen wrote",
    requires=LOG_TYPED | {"LAT008", "PRF025"},
)
def _in_order(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    """Each latency of a ladder against the one below it."""
    if not run.measures:
        return
    for keys in LADDERS:
        known = [(key, v) for key in keys if (v := run.log.number(key)) is not None]
        for (low_key, low), (key, high) in pairwise(known):
            if low > high:
                yield at(run, key, expected=f"at least {low} as {low_key}", about=(low_key,))


@rule(
    id="PRF022",
    title="Counts that LoadGen logs twice are the same",
    scope=Scope.RUN,
    reference="LoadGen: generated and effective counts",
    hint="submit the log that LoadGen wrote",
    requires=LOG_TYPED,
)
def _counts_agree(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    pairs = COUNTS.get(run.logged_scenario or Scenario.SINGLE_STREAM, ())
    wrong = [*offline_samples.test(run, policy), *multistream_samples.test(run, policy)]
    reported = {breach.key for breach in wrong}
    for key, other in pairs if run.measures else ():
        values = run.log.number(key), run.log.number(other)
        if key not in reported and None not in values and values[0] != values[1]:
            yield at(run, key, expected=f"{values[1]} as {other}")


@rule(
    id="PRF023",
    title="The mean latency lies between the minimum and the maximum",
    scope=Scope.RUN,
    reference="LoadGen: mean latency",
    hint="submit the log that LoadGen wrote",
    requires=LOG_TYPED | {"PRF021"},
)
def _mean_in_range(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    """The mean; in Offline LoadGen's sum of latencies may run over."""
    keys = ("result_min_latency_ns", "result_mean_latency_ns", "result_max_latency_ns")
    low, mean, high = (run.log.number(key) for key in keys)
    offline = run.logged_scenario is Scenario.OFFLINE
    if not run.measures or offline or low is None or mean is None or high is None:
        return
    if low <= high and not low <= mean <= high:
        yield at(run, keys[1], expected=f"between {low} and {high}", about=keys)


@rule(
    id="PRF024",
    title="The wall clock agrees with LoadGen's own clock",
    scope=Scope.RUN,
    severity=Severity.WARNING,
    reference="LoadGen: power_begin and power_end",
    hint="submit the log that LoadGen wrote; was the clock set during the run?",
    requires=LOG_TYPED | {"PRF009", "PRF025"},
)
def _clocks_agree(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    wall, own = measured_duration_ms(run.log), loadgen_duration(run.log, run.logged_scenario)
    if not run.measures or wall is None or own is None or wall <= 0:
        return
    within = policy.tolerances
    most = own[1] * within.wall_clock_factor + within.wall_clock_ms
    if not own[1] * (1 - within.clock) <= wall <= most:
        found = f"{wall:.0f} ms after power_begin"
        yield at(run, "power_end", found=found, expected=f"about {own[1]:.0f} ms, by {own[0]}")


def result_key(run: RunFacts, policy: Policy) -> str | None:
    """The key that holds the result of the scenario that was run."""
    scenario = run.logged_scenario
    return policy.scenarios[scenario].result_key if scenario is not None else None


def result_keys(run: RunFacts, policy: Policy) -> list[str]:
    """The result of the scenario that was run, and what that of the folder is inferred from."""
    own, other = result_key(run, policy), None
    if run.logged_scenario is not None:
        other = INFERRED.get((run.scenario, run.logged_scenario))
    return [key for key in (own, other) if key is not None]
