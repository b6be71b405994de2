"""The round's mlperf.conf, from its policy."""

from __future__ import annotations

from submission.loadgen.conf_writer import ConfDefaults, MlperfConfFacts, mlperf_conf
from submission.policy.model import Benchmark, Policy
from submission.runs.context import Context
from submission.runs.spec import mlperf_model
from submission.terms import Scenario


def round_conf(context: Context, benchmark: str) -> str:
    """The text of mlperf.conf for one benchmark, with the numbers of the round's policy."""
    policy = context.policy
    rules = policy.benchmarks[mlperf_model(context, benchmark)]
    facts = MlperfConfFacts(
        round=policy.round,
        loadgen_model=rules.loadgen_model,
        performance_sample_count=rules.performance_sample_count,
        defaults=tuple(
            _defaults(policy, rules, scenario)
            for scenario in (Scenario.OFFLINE, Scenario.SERVER)
            if scenario in rules.min_query_count
        ),
        **policy.seeds.by_key(),
    )
    return mlperf_conf(facts)


def _defaults(policy: Policy, rules: Benchmark, scenario: Scenario) -> ConfDefaults:
    offline = scenario is Scenario.OFFLINE
    return ConfDefaults(
        scenario=scenario,
        min_duration_ms=policy.min_duration_ms,
        # Offline has one query: LoadGen reads this as the number of its samples
        min_query_count=policy.offline_min_samples if offline else rules.min_query_count[scenario],
        target_latency_percentile=policy.scenarios[scenario].target_latency_percentile,
        target_latency_ns=None if offline else rules.server_latency_bound_ns,
    )
