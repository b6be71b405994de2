"""The official checker's verdict on one performance or compliance run.

The official checker computes with values of the logs without checking their types, and takes any
exception for a failed run. Here the same expressions are evaluated on the same values, so that the
same runs fail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from submission.checks.result_facts import RunFacts
from submission.loadgen import DetailLog
from submission.policy import Policy
from submission.terms import NS_PER_MS, Scenario

UNCOMMITTED = "Loadgen built with uncommitted changes!"
MS_PER_S = 1000


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
        reasons.append("result_validity is not VALID")
    scenario = Scenario(log.get("effective_scenario"))
    value: Any = float(log.get(policy.scenarios[scenario].result_key))
    if has_errors(log, forgive_uncommitted=options.forgive_uncommitted):
        reasons.append("LoadGen logged errors")
    terms = run.benchmark.terms
    assert terms is not None
    if log.get("effective_performance_sample_count") < terms.performance_sample_count:
        reasons.append("performance_sample_count is too low")
    if scenario in (Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM):
        value /= NS_PER_MS
    _touch_thresholds(run, log, scenario, policy)
    value, inferred, why = _inferred(run.scenario, log, value, policy)
    reasons += why
    reasons += _network(run, log, policy)
    return RunVerdict(
        valid=not reasons, value=value, inferred=inferred, reason="; ".join(reasons) or None
    )


def _touch_thresholds(run: RunFacts, log: DetailLog, scenario: Scenario, policy: Policy) -> None:
    """Comparisons that the official checker only logs; a missing value raises TypeError in them."""
    terms = run.benchmark.terms
    if scenario is Scenario.SERVER and terms is not None and terms.server_latency_bound_ns:
        _ = log.get("effective_target_latency_ns") > terms.server_latency_bound_ns
    if scenario is Scenario.OFFLINE:
        _ = log.get("effective_min_query_count") < 1
        _ = log.get("effective_samples_per_query") < policy.offline_min_samples
    _ = log.get("effective_min_duration_ms") < policy.min_duration_ms


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
        why = ["no early-stopping estimate"] if estimate == 0 else []
        return estimate * policy.multistream_samples_per_query / NS_PER_MS, True, why
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
