"""The official checker's verdict on one performance or compliance run.

The official checker computes with values of the logs without checking their types, and takes any
exception for a failed run. Here the same expressions are evaluated on the same values, so that the
same runs fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from submission.checks.result_facts import RunFacts
from submission.checks.rules.latency import TPOT, TTFT
from submission.loadgen import DetailLog
from submission.policy import BenchmarkTerms, Policy
from submission.terms import NS_PER_MS, Scenario

INVALID = "result_validity is not VALID"
LATENCIES = (Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM)
UNCOMMITTED = "Loadgen built with uncommitted changes!"
MS_PER_S = 1000
SETTINGS = ("target_latency_ns", "min_query_count", "samples_per_query", "min_duration_ms")


@dataclass(frozen=True, kw_only=True)
class RunVerdict:
    """Whether the run is valid, and its value in the unit of the scenario.

    ``inferred``: the value was computed from a run of another scenario. ``reason`` says why the run
    fails; ``raised``: by an exception, which the official checker catches.
    """

    valid: bool
    value: Any
    inferred: bool = False
    reason: str | None = None
    raised: bool = False


def judge_run(run: RunFacts | None, policy: Policy) -> RunVerdict:
    """The verdict on a run; any exception makes it invalid."""
    try:
        return _judge(run, policy)
    except Exception as error:  # noqa: BLE001 - the official checker does the same
        why = str(error) or type(error).__name__
        return RunVerdict(valid=False, value=None, reason=f"exception: {why}", raised=True)


def has_errors(log: DetailLog, *, forgive_uncommitted: bool) -> bool:
    """Whether LoadGen logged errors; those on uncommitted changes of LoadGen may be forgiven."""
    if not forgive_uncommitted:
        return bool(log.errors)
    return any(UNCOMMITTED not in error.text for error in log.errors)


def parsed(run: RunFacts | None) -> DetailLog:
    """The detail log; raises ValueError where the official parser does."""
    detail = run.detail if run is not None else None
    if isinstance(detail, DetailLog) and detail.official_fault is None:
        return detail
    why = getattr(detail, "official_fault", None) or getattr(detail, "why", None)
    raise ValueError(why or "mlperf_log_detail.txt is missing")


def _judge(run: RunFacts | None, policy: Policy) -> RunVerdict:
    log = parsed(run)
    assert run is not None
    options = run.benchmark.system.submitter.options
    reasons = []
    if log.get("result_validity") != "VALID":
        reasons.append(INVALID)
    scenario = Scenario(log.get("effective_scenario"))
    terms = run.benchmark.terms
    assert terms is not None
    value = result_of_log(log, scenario, terms, policy)
    if has_errors(log, forgive_uncommitted=options.forgive_uncommitted):
        reasons.append("LoadGen logged errors")
    if terms.uses_token_latencies:
        if policy.official.token_validity:
            reasons = [reason for reason in reasons if reason != INVALID]
        reasons += late_tokens(log, run.scenario, terms)
    if log.get("effective_performance_sample_count") < terms.performance_sample_count:
        reasons.append("performance_sample_count is too low")
    value = in_table_unit(value, scenario, terms)
    beyond = list(beyond_thresholds(run, log, scenario, policy))
    reasons += beyond if policy.official.strict else []
    value, inferred, why = _inferred(run.scenario, log, value, policy)
    reasons += why
    reasons += _network(run, log, policy)
    return RunVerdict(
        valid=not reasons, value=value, inferred=inferred, reason="; ".join(reasons) or None
    )


def result_of_log(log: DetailLog, scenario: Scenario, terms: BenchmarkTerms, policy: Policy) -> Any:
    """The result as it is logged; the scenario's own must be a number even if it is not used."""
    value = float(log.get(policy.scenarios[scenario].result_key))
    key = terms.result_keys.get(scenario)
    return value if key is None else float(log.get(key))


def in_table_unit(value: Any, scenario: Scenario, terms: BenchmarkTerms | None) -> Any:
    """A result as the table has it: a latency in milliseconds, or in the benchmark's seconds."""
    if scenario not in LATENCIES:
        return value
    value /= NS_PER_MS
    return value / MS_PER_S if terms is not None and terms.latency_in_seconds else value


def late_tokens(log: DetailLog, scenario: Scenario, terms: BenchmarkTerms) -> list[str]:
    """Why the token latencies refuse a run; raises where a value or a limit is missing."""
    if not log.get("requested_use_token_latencies"):
        return ["use_token_latencies is not set"]
    if scenario not in (Scenario.SERVER, Scenario.INTERACTIVE):
        return []
    limits = terms.token_limits[scenario]
    first: Any = log.get(TTFT)
    further: Any = log.get(TPOT)
    if first < limits.ttft_ns and further < limits.tpot_ns:
        return []
    return ["TTFT or TPOT is not below its limit"]


def beyond_thresholds(
    run: RunFacts, log: DetailLog, scenario: Scenario, policy: Policy
) -> Iterator[str]:
    """The thresholds that a run misses; a missing value raises TypeError, as it does officially."""
    terms = run.benchmark.terms
    values: dict[str, Any] = {key: log.get(f"effective_{key}") for key in SETTINGS}
    bound = terms.server_latency_bound_ns if terms is not None else None
    if scenario is Scenario.SERVER and bound and values["target_latency_ns"] > bound:
        yield "the target latency is over the bound"
    if scenario is Scenario.OFFLINE:
        if values["min_query_count"] < 1:
            yield "too few queries"
        if values["samples_per_query"] < policy.offline_samples(terms):
            yield "too few samples in the query"
    if values["min_duration_ms"] < policy.min_duration(terms):
        yield "the minimum duration is too short"
    seeds = policy.seeds_of(run.test).by_key()
    if any(log.get(f"effective_{name}") != seed for name, seed in seeds.items()):
        yield "a seed is wrong"


def _inferred(
    folder: Scenario, log: DetailLog, value: Any, policy: Policy
) -> tuple[Any, bool, list[str]]:
    """Value, whether it is inferred from a run of another scenario, and why the run fails."""
    scenario = Scenario(log.get("effective_scenario"))
    if folder is Scenario.OFFLINE and scenario is Scenario.SINGLE_STREAM:
        return log.get("result_qps_without_loadgen_overhead"), True, []
    if folder is Scenario.OFFLINE and scenario is Scenario.MULTI_STREAM:
        mean_ms = log.get("result_mean_query_latency_ns") / NS_PER_MS
        return log.get("effective_samples_per_query") * MS_PER_S / mean_ms, True, []
    if folder is Scenario.MULTI_STREAM and scenario is Scenario.SINGLE_STREAM:
        estimate = log.get("early_stopping_latency_ms")
        none = estimate == 0 and policy.official.estimate_refuses
        why = ["no early-stopping estimate"] if none else []
        return estimate * policy.multistream_samples_per_query / NS_PER_MS, True, why
    if folder is Scenario.INTERACTIVE and scenario is not Scenario.SERVER:
        return value, False, ["Interactive is not inferred"]
    return value, False, []


def _network(run: RunFacts, log: DetailLog, policy: Policy) -> list[str]:
    system = run.benchmark.system
    wanted = {"network": True, "closed": False}.get(system.division)
    reasons = []
    if wanted is not None and wanted is not system.is_network:
        reasons.append("network mode is not that of the division")
    if system.is_network and policy.network_sut_name not in log.get("sut_name"):
        reasons.append("sut_name is not that of a network SUT")
    return reasons
