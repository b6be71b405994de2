"""PRF: the result of a performance run: is it there, plausible, and what the log adds up to."""

from __future__ import annotations

import math
from collections.abc import Iterator

from submission.checks.model import Breach, Counterpart, Scope, Severity, rule
from submission.checks.result_facts import ResultFacts, RunFacts
from submission.checks.rules.places import at
from submission.checks.rules.references import RESULTS_LAYOUT
from submission.checks.rules.requirements import LOG_TYPED
from submission.checks.words import shown
from submission.policy import Policy
from submission.terms import Scenario

# (scenario of the folder, scenario that was run): the key that an inferred result is made of
INFERRED = {
    (Scenario.OFFLINE, Scenario.SINGLE_STREAM): "result_qps_without_loadgen_overhead",
    (Scenario.OFFLINE, Scenario.MULTI_STREAM): "result_mean_query_latency_ns",
    (Scenario.MULTI_STREAM, Scenario.SINGLE_STREAM): "early_stopping_latency_ms",
}


@rule(
    id="PRF016",
    title="The log has the scenario's result",
    fault="The log lacks the scenario's result",
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
    fault="The result is not a finite number above zero",
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
    id="PRF020",
    title="One performance run is submitted",
    fault="Several performance runs are submitted",
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
