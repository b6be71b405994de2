"""PRF: what a performance run (and a compliance run) must have been."""

from __future__ import annotations

import math
from collections.abc import Iterator

from submission.checks.arithmetic import measured_duration_ms, recomputed_result
from submission.checks.facts import ResultFacts, RunFacts, RunKind
from submission.checks.model import Breach, Counterpart, Rule, Scope, Severity
from submission.checks.words import listed, shown
from submission.policy import Policy
from submission.terms import Mode, Scenario

SCENARIOS = "inference_rules.adoc, section 'Scenarios'"
GENERAL = "inference_rules.adoc, section 'General rules'"
LAYOUT = "submission_rules.adoc, section 'Submission', directory structure of results"
TOLERANCE = 1e-4
MULTISTREAM_SAMPLES = 8
# A scenario's result may be inferred from a run of another one, on edge systems only
INFERRED_FROM = {
    Scenario.OFFLINE: {Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM},
    Scenario.MULTI_STREAM: {Scenario.SINGLE_STREAM},
}


def at(run: RunFacts, key: str, *, expected: str, found: str | None = None) -> Breach:
    """A breach at a key of the run's detail log."""
    words = shown(repr(run.log.get(key)), 120) if found is None else found
    return Breach(
        at=run.detail_path, line=run.log.lines.get(key), key=key, found=words, expected=expected
    )


def _file_list(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    lists = policy.files
    allowed = {*lists.performance, *lists.performance_optional, *lists.anywhere_optional}
    required: tuple[str, ...] = ()
    if run.kind is RunKind.ACCURACY:
        allowed = {*lists.accuracy, *lists.anywhere_optional}
    elif run.has_power:
        required = lists.performance_power
        allowed |= set(required)
    for name in required:
        if name not in run.files:
            yield Breach(
                at=f"{run.folder}/{name}", found="no such file", expected="a power run's log"
            )
    for name in run.files:
        if name not in allowed:
            yield Breach(at=f"{run.folder}/{name}", found=shown(name), expected=listed(allowed, 12))


def _valid(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    validity = run.log.get("result_validity")
    if run.measures and "result_validity" in run.log.values and validity != "VALID":
        reason = run.log.text("result_invalid_reason") or run.log.text("early_stopping_result")
        words = f"{validity!r}" + (f": {shown(reason, 160)}" if reason else "")
        yield at(run, "result_validity", found=shown(words, 220), expected="VALID")


def _flags(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    for key in ("result_min_duration_met", "result_min_queries_met", "result_perf_constraints_met"):
        if run.measures and key in run.log.values and run.log.get(key) is not True:
            yield at(run, key, expected="true")


def _test_mode(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    wanted = Mode.ACCURACY if run.kind is RunKind.ACCURACY else Mode.PERFORMANCE
    if run.log.text("effective_test_mode") != wanted.loadgen:
        yield at(run, "effective_test_mode", expected=wanted.loadgen)


def _scenario(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    logged = run.logged_scenario
    if logged is run.scenario:
        return
    inferable = logged in INFERRED_FROM.get(run.scenario, set())
    if inferable and run.benchmark.system.is_edge:
        return
    why = " (inferred results are for edge systems)" if inferable else ""
    yield at(run, "effective_scenario", expected=f"{run.scenario}{why}")


def _sample_count(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    terms, count = run.benchmark.terms, run.log.number("effective_performance_sample_count")
    if terms is None or count is None or not run.measures:
        return
    if count < terms.performance_sample_count:
        key = "effective_performance_sample_count"
        yield at(run, key, expected=f"at least {terms.performance_sample_count}")


def _seeds(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    seeds = policy.test05_seeds if run.test == "TEST05" else policy.seeds
    for name, seed in seeds.by_key().items():
        if run.log.get(f"effective_{name}") != seed:
            yield at(run, f"effective_{name}", expected=f"{seed} ({policy.round})")


def _min_duration(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    duration = run.log.number("effective_min_duration_ms")
    if run.measures and duration is not None and duration < policy.min_duration_ms:
        yield at(run, "effective_min_duration_ms", expected=f"at least {policy.min_duration_ms} ms")


def _measured_duration(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    duration = measured_duration_ms(run.log)
    if run.measures and duration is not None and duration < policy.min_duration_ms:
        yield at(
            run,
            "power_end",
            found=f"{duration:.0f} ms after power_begin",
            expected=f"at least {policy.min_duration_ms} ms",
        )


def _offline_samples(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    samples = run.log.number("effective_samples_per_query")
    if not run.measures or run.logged_scenario is not Scenario.OFFLINE or samples is None:
        return
    if samples < policy.offline_min_samples:
        yield at(
            run, "effective_samples_per_query", expected=f"at least {policy.offline_min_samples}"
        )


def _offline_queries(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    queries = run.log.number("effective_min_query_count")
    offline = run.measures and run.logged_scenario is Scenario.OFFLINE
    if offline and queries is not None and queries < 1:
        yield at(run, "effective_min_query_count", expected="at least 1")


def _min_queries(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    terms, scenario = run.benchmark.terms, run.logged_scenario
    queries = run.log.number("effective_min_query_count")
    if run.kind is not RunKind.PERFORMANCE or None in (terms, scenario, queries):
        return
    wanted = terms.min_query_count.get(scenario, 0) if terms and scenario else 0
    if scenario is not Scenario.OFFLINE and queries is not None and queries < wanted:
        yield at(
            run,
            "effective_min_query_count",
            expected=f"{wanted} in mlperf.conf of {policy.round}; early stopping allows fewer",
        )


def _multistream(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    samples = run.log.number("effective_samples_per_query")
    multistream = run.measures and run.logged_scenario is Scenario.MULTI_STREAM
    if multistream and samples != MULTISTREAM_SAMPLES:
        yield at(run, "effective_samples_per_query", expected=str(MULTISTREAM_SAMPLES))


def _issue_order(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    for key in ("effective_performance_issue_same", "effective_performance_issue_unique"):
        if run.kind is RunKind.PERFORMANCE and run.log.get(key) is True:
            yield at(run, key, expected="false")


def _network_name(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    name = run.log.text("sut_name")
    network = run.measures and run.benchmark.system.is_network
    if network and name is not None and policy.network_sut_name not in name:
        yield at(run, "sut_name", expected=f"a name with {policy.network_sut_name!r} in it")


def result_key(run: RunFacts, policy: Policy) -> str | None:
    """The key that holds the result of the scenario that was run."""
    scenario = run.logged_scenario
    return policy.scenarios[scenario].result_key if scenario is not None else None


def _result_there(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    key = result_key(run, policy)
    if run.measures and key is not None and run.log.number(key) is None:
        yield at(run, key, expected="a number")


def _result_plausible(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    key = result_key(run, policy)
    value = run.log.number(key) if key else None
    if not run.measures or key is None or value is None:
        return
    if not math.isfinite(value) or value <= 0:
        yield at(run, key, expected="a finite number above 0")


def _result_recomputed(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    key, scenario = result_key(run, policy), run.logged_scenario
    value = run.log.number(key) if key else None
    if not run.measures or key is None or value is None or scenario is None:
        return
    wanted = recomputed_result(run.log, scenario)
    if wanted is not None and not math.isclose(value, wanted, rel_tol=TOLERANCE):
        yield at(run, key, expected=f"{wanted:.6g} by the log's counts and times")


def _estimate_in_range(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    scenario, key = run.logged_scenario, result_key(run, policy)
    if not run.measures or scenario is not Scenario.SINGLE_STREAM or key is None:
        return
    value, low, high = (
        run.log.number(k)
        for k in (key, "result_90.00_percentile_latency_ns", "result_max_latency_ns")
    )
    if value is not None and low is not None and high is not None and not low <= value <= high:
        yield at(run, key, expected=f"between the 90th percentile {low} and the maximum {high}")


def _other_runs(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for name in facts.other_runs:
        yield Breach(
            at=f"{facts.path}/performance/{name}", found=shown(name), expected="run_1 alone counts"
        )


_READ = frozenset({"LOG001", "LOG002", "LOG003"})
_TYPED = _READ | {"LOG005", "LOG006"}

RULES = (
    Rule(
        id="PRF001",
        title="A run's folder holds the files of a run and no others",
        scope=Scope.RUN,
        reference=LAYOUT,
        hint="add what is missing, move away what is not listed",
        requires=frozenset({"LOG001"}),
        test=_file_list,
        official=Counterpart.LOGS_ONLY,
    ),
    Rule(
        id="PRF002",
        title="LoadGen calls the run VALID",
        scope=Scope.RUN,
        reference=GENERAL,
        hint="run again with the settings that LoadGen's summary recommends",
        requires=_READ,
        test=_valid,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="PRF003",
        title="A VALID run met its minimum duration, its queries and its constraints",
        scope=Scope.RUN,
        reference=GENERAL,
        hint="hand in the log that LoadGen wrote; it does not call such a run VALID",
        requires=_READ | {"PRF002"},
        test=_flags,
    ),
    Rule(
        id="PRF004",
        title="A run is in the mode of its folder",
        scope=Scope.RUN,
        reference="inference_rules.adoc, section 'Load generator', test modes",
        hint="run LoadGen in the mode of the folder (PerformanceOnly or AccuracyOnly)",
        requires=_TYPED,
        test=_test_mode,
    ),
    Rule(
        id="PRF005",
        title="A run is of the scenario of its folder",
        scope=Scope.RUN,
        reference=SCENARIOS,
        hint="run the scenario; edge systems may infer from SingleStream or MultiStream",
        requires=_TYPED,
        test=_scenario,
    ),
    Rule(
        id="PRF006",
        title="The performance sample set is large enough",
        scope=Scope.RUN,
        reference="mlperf.conf of the round, performance_sample_count_override",
        hint="set performance_sample_count_override to the benchmark's count",
        requires=_TYPED,
        test=_sample_count,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="PRF007",
        title="The seeds are those of the round",
        scope=Scope.RUN,
        reference=GENERAL + " and mlperf.conf of the round",
        hint="run with the seeds of the round; TEST05 has seeds of its own",
        requires=_TYPED,
        test=_seeds,
        official=Counterpart.LOGS_ONLY,
    ),
    Rule(
        id="PRF008",
        title="The minimum duration is set to that of the round",
        scope=Scope.RUN,
        reference=SCENARIOS + ", minimum duration",
        hint="set min_duration in user.conf",
        requires=_TYPED,
        test=_min_duration,
        official=Counterpart.LOGS_ONLY,
    ),
    Rule(
        id="PRF009",
        title="The run lasted as long as the round wants",
        scope=Scope.RUN,
        reference=SCENARIOS + ", minimum duration",
        hint="raise target_qps so that LoadGen issues more work",
        requires=_TYPED | {"PRF008"},
        test=_measured_duration,
    ),
    Rule(
        id="PRF010",
        title="Offline has its samples in one query",
        scope=Scope.RUN,
        reference=SCENARIOS + ", Offline",
        hint="set min_query_count of Offline to the round's number of samples",
        requires=_TYPED,
        test=_offline_samples,
        official=Counterpart.LOGS_ONLY,
    ),
    Rule(
        id="PRF011",
        title="Offline issues a query",
        scope=Scope.RUN,
        reference=SCENARIOS + ", Offline",
        hint="set min_query_count",
        requires=_TYPED,
        test=_offline_queries,
        official=Counterpart.LOGS_ONLY,
    ),
    Rule(
        id="PRF012",
        title="The minimum query count is that of mlperf.conf",
        scope=Scope.RUN,
        severity=Severity.NOTE,
        reference="mlperf.conf of the round, min_query_count",
        hint="nothing to do where early stopping is met",
        requires=_TYPED,
        test=_min_queries,
    ),
    Rule(
        id="PRF013",
        title="MultiStream has eight samples in a query",
        scope=Scope.RUN,
        reference=SCENARIOS + ", MultiStream",
        hint="leave samples_per_query at the round's value",
        requires=_TYPED,
        test=_multistream,
    ),
    Rule(
        id="PRF014",
        title="Samples are drawn at random",
        scope=Scope.RUN,
        reference=GENERAL + " and mlperf.conf of the round",
        hint="performance_issue_same and performance_issue_unique are for TEST04 only",
        requires=_TYPED,
        test=_issue_order,
    ),
    Rule(
        id="PRF015",
        title="A network system's SUT says so in its name",
        scope=Scope.RUN,
        reference="inference_rules.adoc, section 'Network division', SUT name",
        hint="let the SUT's name have the round's words in it",
        requires=_TYPED,
        test=_network_name,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="PRF016",
        title="The log has the scenario's result",
        scope=Scope.RUN,
        reference="inference_rules.adoc, section 'Scenarios', metric",
        hint="hand in the log of a finished run",
        requires=_TYPED,
        test=_result_there,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="PRF017",
        title="The result is a finite number above zero",
        scope=Scope.RUN,
        reference="inference_rules.adoc, section 'Scenarios', metric",
        hint="hand in the log that LoadGen wrote",
        requires=_TYPED | {"PRF016"},
        test=_result_plausible,
    ),
    Rule(
        id="PRF018",
        title="The result follows from the log's counts and times",
        scope=Scope.RUN,
        reference="LoadGen: samples over time",
        hint="hand in the log that LoadGen wrote",
        requires=_TYPED | {"PRF016", "PRF017"},
        test=_result_recomputed,
    ),
    Rule(
        id="PRF019",
        title="The early-stopping estimate lies between the percentile and the maximum",
        scope=Scope.RUN,
        reference="inference_rules.adoc, appendix 'Early stopping'",
        hint="hand in the log that LoadGen wrote",
        requires=_TYPED | {"PRF016", "PRF017"},
        test=_estimate_in_range,
    ),
    Rule(
        id="PRF020",
        title="One performance run is submitted",
        scope=Scope.RESULT,
        severity=Severity.NOTE,
        reference=LAYOUT,
        hint="remove the folder; only run_1 is looked at",
        test=_other_runs,
    ),
)
