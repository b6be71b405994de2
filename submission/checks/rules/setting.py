"""PRF: the settings of a run: seeds, counts, the order of samples."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.model import Breach, Counterpart, Scope, Severity, rule
from submission.checks.result_facts import RunFacts, RunKind
from submission.checks.rules.places import at
from submission.checks.rules.references import GENERAL_RULES, SCENARIOS
from submission.checks.rules.requirements import LOG_TYPED
from submission.policy import Policy
from submission.terms import Scenario


@rule(
    id="PRF006",
    title="The performance sample set is large enough",
    fault="The performance sample set is too small",
    scope=Scope.RUN,
    reference="mlperf.conf of the round, performance_sample_count_override",
    hint="set performance_sample_count_override to the benchmark's count",
    requires=LOG_TYPED,
    official=Counterpart.REFUSES,
)
def _sample_count(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    terms, count = run.benchmark.terms, run.log.number("effective_performance_sample_count")
    if terms is None or count is None or not run.measures:
        return
    least = terms.performance_samples(run.scenario)
    if count < least:
        yield at(run, "effective_performance_sample_count", expected=f"at least {least}")


@rule(
    id="PRF007",
    title="The seeds are those of the round",
    fault="The seeds are not those of the round",
    scope=Scope.RUN,
    reference=GENERAL_RULES + " and mlperf.conf of the round",
    hint="run with the seeds of the round; a compliance test may have seeds of its own",
    requires=LOG_TYPED,
    official=Counterpart.LOGS_ONLY,
)
def _seeds(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    values = run.log.values
    for name, seed in policy.seeds_of(run.test).by_key().items():
        if values.get(f"effective_{name}") != seed:
            yield at(run, f"effective_{name}", expected=f"{seed} ({policy.round})")


@rule(
    id="PRF010",
    title="Offline has its samples in one query",
    fault="Offline's query holds too few samples",
    scope=Scope.RUN,
    reference=SCENARIOS + ", Offline",
    hint="set min_query_count of Offline to the round's number of samples",
    requires=LOG_TYPED,
    official=Counterpart.LOGS_ONLY,
)
def offline_samples(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    """An Offline query with fewer samples than the round wants."""
    samples = run.log.number("effective_samples_per_query")
    if not run.measures or run.logged_scenario is not Scenario.OFFLINE or samples is None:
        return
    least = policy.offline_samples(run.benchmark.terms)
    if samples < least:
        yield at(run, "effective_samples_per_query", expected=f"at least {least}")


@rule(
    id="PRF011",
    title="Offline issues a query",
    fault="Offline issues no query",
    scope=Scope.RUN,
    reference=SCENARIOS + ", Offline",
    hint="set min_query_count",
    requires=LOG_TYPED,
    official=Counterpart.LOGS_ONLY,
)
def _offline_queries(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    queries = run.log.number("effective_min_query_count")
    offline = run.measures and run.logged_scenario is Scenario.OFFLINE
    if offline and queries is not None and queries < 1:
        yield at(run, "effective_min_query_count", expected="at least 1")


@rule(
    id="PRF012",
    title="The minimum query count is that of mlperf.conf",
    fault="The minimum query count is not that of mlperf.conf",
    scope=Scope.RUN,
    severity=Severity.NOTE,
    reference="mlperf.conf of the round, min_query_count",
    hint="nothing to do where early stopping is met",
    requires=LOG_TYPED,
)
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


@rule(
    id="PRF013",
    title="MultiStream has eight samples in a query",
    fault="MultiStream has not eight samples in a query",
    scope=Scope.RUN,
    reference=SCENARIOS + ", MultiStream",
    hint="leave samples_per_query at the round's value",
    requires=LOG_TYPED,
)
def multistream_samples(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    """A MultiStream query of another size than the round's."""
    samples, wanted = (
        run.log.number("effective_samples_per_query"),
        policy.multistream_samples_per_query,
    )
    multistream = run.measures and run.logged_scenario is Scenario.MULTI_STREAM
    if multistream and samples != wanted:
        yield at(run, "effective_samples_per_query", expected=str(wanted))


@rule(
    id="PRF014",
    title="Samples are drawn at random",
    fault="Samples are not drawn at random",
    scope=Scope.RUN,
    reference=GENERAL_RULES + " and mlperf.conf of the round",
    hint="performance_issue_same and performance_issue_unique are for TEST04 only",
    requires=LOG_TYPED,
)
def _issue_order(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    for key in ("effective_performance_issue_same", "effective_performance_issue_unique"):
        if run.kind is RunKind.PERFORMANCE and run.log.get(key) is True:
            yield at(run, key, expected="false")
