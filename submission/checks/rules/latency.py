"""LAT: latency bounds and early stopping."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from submission.checks.arithmetic import least_queries, over_latency_allowed
from submission.checks.model import CLOSED, OPEN, Breach, Counterpart, Scope, Severity, rule
from submission.checks.result_facts import RunFacts
from submission.checks.rules.places import at
from submission.checks.rules.references import EARLY_STOPPING
from submission.checks.rules.requirements import LOG_TYPED
from submission.loadgen.keys import percentile_key
from submission.policy import Policy
from submission.terms import NS_PER_MS, Scenario

SENTENCE = {
    "result_query_count": re.compile(r"at least \d{1,9} queries \((\d{1,19})\)"),
    "early_stopping_latency_ss": re.compile(r"90th percentile estimate: (\d{1,19})"),
    "early_stopping_latency_ms": re.compile(r"99th percentile estimate: (\d{1,19})"),
}
ESTIMATED = (Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM)
TTFT = "result_first_token_99.00_percentile_latency_ns"
TPOT = "result_time_per_output_token_99.00_percentile_ns"
TOKENS = "inference_rules.adoc, section 'Benchmarks', latency constraints of TTFT and TPOT"
SERVER = "inference_rules.adoc, section 'Scenarios', Server latency bound"


@rule(
    id="LAT001",
    title="Early stopping was met",
    fault="Early stopping was not met",
    scope=Scope.RUN,
    reference=EARLY_STOPPING,
    hint="run longer: the summary says how many more queries are needed",
    requires=LOG_TYPED,
    official=Counterpart.LOGS_ONLY,
)
def _met(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    scenario = run.logged_scenario
    if not run.measures or scenario is None or not policy.scenarios[scenario].uses_early_stopping:
        return
    if run.log.get("early_stopping_met") is not True:
        yield at(run, "early_stopping_met", expected="true")


@rule(
    id="LAT002",
    title="Early stopping follows from the counted queries",
    fault="Early stopping does not follow from the counted queries",
    scope=Scope.RUN,
    reference=EARLY_STOPPING,
    hint="submit the log that LoadGen wrote, of a run that is long enough",
    requires=LOG_TYPED | {"LAT001", "PRF022"},
)
def _recomputed(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    if not _is_server(run) or times_tokens(run):
        return
    keys = ("result_query_count", "result_overlatency_query_count")
    queries, late = (run.log.number(key) for key in keys)
    percentile = run.log.number("effective_target_latency_percentile")
    if queries is None or late is None or percentile is None:
        return
    allowed = over_latency_allowed(int(queries), percentile, policy.early_stopping_confidence)
    if late > allowed:
        words = f"at most {allowed}" if allowed >= 0 else "more queries: these are too few"
        yield at(
            run,
            keys[1],
            found=f"{late} of {queries} queries over the latency bound",
            expected=f"{words} for {percentile:.4g} at {policy.early_stopping_confidence:.4g}",
        )


@rule(
    id="LAT003",
    title="The Server latency bound is the benchmark's",
    fault="The Server latency bound is not the benchmark's",
    scope=Scope.RUN,
    divisions=CLOSED,
    reference=SERVER,
    hint="set target_latency of Server to the benchmark's bound and run again",
    requires=LOG_TYPED,
    official=Counterpart.LOGS_ONLY,
)
def _bound(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    return _beyond_bound(run, policy)


@rule(
    id="LAT004",
    title="The Server bound is for the 99th percentile or a higher one",
    fault="The Server bound is for less than the 99th percentile",
    scope=Scope.RUN,
    divisions=CLOSED,
    reference=SERVER,
    hint="set target_latency_percentile of Server to 99",
    requires=LOG_TYPED,
)
def _percentile(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    return _below_percentile(run, policy)


@rule(
    id="LAT005",
    title="Open: the Server latency bound and percentile are reported",
    fault="Open: the Server latency bound or its percentile is not reported",
    scope=Scope.RUN,
    divisions=OPEN,
    reference=SERVER + ", open division",
    hint="submit the log that LoadGen wrote",
    requires=LOG_TYPED,
)
def _reported(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    keys = ("effective_target_latency_ns", "effective_target_latency_percentile")
    for key in keys:
        if _is_server(run) and run.log.number(key) is None:
            yield at(run, key, expected="a number: the open division must report its bound")


@rule(
    id="LAT006",
    title="Open: a Server latency bound other than the closed division's",
    fault="Open: the Server latency bound is not the closed division's",
    scope=Scope.RUN,
    divisions=OPEN,
    severity=Severity.NOTE,
    reference=SERVER + ", open division",
    hint="nothing to do: the open division may choose its bound, and must report it",
    requires=LOG_TYPED | {"LAT005"},
    official=Counterpart.LOGS_ONLY,
)
def _open_bound(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    return _beyond_bound(run, policy)


def _beyond_bound(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    terms = run.benchmark.terms
    target = run.log.number("effective_target_latency_ns")
    bound = terms.latency_bound_ns(run.scenario) if terms else None
    if _is_server(run) and bound is not None and (target is None or target > bound):
        yield at(
            run,
            "effective_target_latency_ns",
            found="no such key" if target is None else f"{target / NS_PER_MS:g} ms",
            expected=f"at most {bound / NS_PER_MS:g} ms",
        )


@rule(
    id="LAT007",
    title="Open: a Server percentile below the closed division's",
    fault="Open: the Server percentile is below the closed division's",
    scope=Scope.RUN,
    divisions=OPEN,
    severity=Severity.NOTE,
    reference=SERVER + ", open division",
    hint="nothing to do: the open division may choose, and must report it",
    requires=LOG_TYPED | {"LAT005"},
)
def _open_percentile(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    return _below_percentile(run, policy)


def _below_percentile(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    wanted = policy.percentile(Scenario.SERVER, run.benchmark.terms)
    percentile = run.log.number("effective_target_latency_percentile")
    if _is_server(run) and (percentile is None or percentile < wanted):
        yield at(run, "effective_target_latency_percentile", expected=f"at least {wanted}")


@rule(
    id="LAT008",
    title="The measured 99th percentile is within the target latency",
    fault="The measured 99th percentile is above the target latency",
    scope=Scope.RUN,
    reference=SERVER,
    hint="lower target_qps until LoadGen calls the run VALID",
    requires=LOG_TYPED,
)
def _measured(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    """The round's percentile against the bound, where the bound is for that one."""
    target = run.log.number("effective_target_latency_ns")
    percentile = run.log.number("effective_target_latency_percentile")
    wanted = policy.percentile(Scenario.SERVER, run.benchmark.terms)
    key = percentile_key(wanted * 100)
    latency = run.log.number(key)
    if times_tokens(run):
        return
    if not _is_server(run) or target is None or latency is None or percentile is None:
        return
    if percentile >= wanted and latency > target:
        yield at(
            run,
            key,
            found=f"{latency / NS_PER_MS:.6g} ms",
            expected=f"at most the target of {target / NS_PER_MS:g} ms",
            about=("effective_target_latency_ns",),
        )


@rule(
    id="LAT009",
    title="There are enough queries for an early-stopping estimate",
    fault="There are too few queries for an early-stopping estimate",
    scope=Scope.RUN,
    reference=EARLY_STOPPING,
    hint="run longer",
    requires=LOG_TYPED | {"LAT001"},
)
def _enough_queries(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    """An estimate discards at least one query, so that many are needed."""
    scenario, queries = run.logged_scenario, run.log.number("result_query_count")
    if not run.measures or scenario not in ESTIMATED or queries is None:
        return
    percentile = policy.percentile(scenario, run.benchmark.terms)
    needed = least_queries(percentile, policy.early_stopping_confidence)
    if queries < needed:
        expected = f"at least {needed} queries for the {100 * percentile:g}th percentile"
        yield at(run, "result_query_count", expected=expected)


@rule(
    id="LAT011",
    title="LoadGen's sentence on early stopping has the numbers of its keys",
    fault="LoadGen's sentence on early stopping contradicts its keys",
    scope=Scope.RUN,
    reference=EARLY_STOPPING,
    hint="submit the log that LoadGen wrote",
    requires=LOG_TYPED | {"LAT009", "PRF017", "PRF019"},
)
def _sentence(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    """The numbers in LoadGen's sentence on early stopping, which it logs beside the keys."""
    text = run.log.text("early_stopping_result") if run.measures else None
    if text is None:
        return
    for key, pattern in SENTENCE.items():
        found, value = pattern.search(text), run.log.number(key)
        if found is not None and value is not None and int(found[1]) != value:
            about = ("early_stopping_result",)
            yield at(run, key, expected=f"{found[1]} as in early_stopping_result", about=about)


@rule(
    id="LAT013",
    title="LoadGen times tokens where the benchmark bounds them",
    fault="LoadGen did not time tokens, which the benchmark bounds",
    scope=Scope.RUN,
    divisions=CLOSED,
    reference=TOKENS,
    hint="set use_token_latencies in user.conf and run again",
    requires=LOG_TYPED,
    official=Counterpart.REFUSES,
)
def _tokens_timed(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    terms = run.benchmark.terms
    if run.measures and terms is not None and terms.uses_token_latencies and not times_tokens(run):
        yield at(run, "requested_use_token_latencies", expected="true")


@rule(
    id="LAT014",
    title="The first token and the time per further token are within their bounds",
    fault="The first token or a further token is too late",
    scope=Scope.RUN,
    divisions=CLOSED,
    reference=TOKENS,
    hint="lower target_qps, and run again",
    requires=LOG_TYPED | {"LAT013"},
    official=Counterpart.REFUSES,
)
def _tokens_in_time(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    """99th percentiles, by the bounds of the scenario that the folder names."""
    terms = run.benchmark.terms
    limits = terms.token_limits.get(run.scenario) if terms is not None else None
    if limits is None or not run.measures:
        return
    for key, bound in ((TTFT, limits.ttft_ns), (TPOT, limits.tpot_ns)):
        latency = run.log.number(key)
        if latency is None or latency >= bound:
            found = "no such key" if latency is None else f"{latency / NS_PER_MS:.6g} ms"
            yield at(run, key, found=found, expected=f"less than {bound / NS_PER_MS:g} ms")


@rule(
    id="LAT015",
    title="A stream's result is the latency at the benchmark's percentile",
    fault="The result is the latency at another percentile than the benchmark's",
    scope=Scope.RUN,
    divisions=CLOSED,
    reference="inference_rules.adoc, section 'Scenarios', metrics, and mlperf.conf of the round",
    hint="leave target_latency_percentile at the round's value and run again",
    requires=LOG_TYPED,
)
def _stream_percentile(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    """A lower percentile of the latency is a better result than the benchmark asks for."""
    scenario, key = run.logged_scenario, "effective_target_latency_percentile"
    percentile = run.log.number(key)
    if not run.measures or scenario not in ESTIMATED or percentile is None:
        return
    wanted = policy.percentile(scenario, run.benchmark.terms)
    if percentile < wanted and not math.isclose(percentile, wanted):
        yield at(run, key, expected=f"at least {wanted:.6g}")


def times_tokens(run: RunFacts) -> bool:
    """Whether LoadGen timed tokens, and judged the run by them."""
    return run.log.get("requested_use_token_latencies") is True


def _is_server(run: RunFacts) -> bool:
    return run.measures and run.logged_scenario is Scenario.SERVER
