"""PRF: the result of a performance run: is it there, plausible, and what the log adds up to."""

from __future__ import annotations

import math
from collections.abc import Iterator

from submission.checks.arithmetic import recomputed_result
from submission.checks.model import Breach, Counterpart, Rule, Scope, Severity
from submission.checks.result_facts import ResultFacts, RunFacts
from submission.checks.rules.places import at
from submission.checks.words import shown
from submission.policy import Policy
from submission.terms import Scenario

LAYOUT = "submission_rules.adoc, section 'Submission', directory structure of results"


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
    span = recomputed_result(run.log, scenario)
    if span is not None and not span[0] <= value <= span[1]:
        yield at(run, key, expected=f"{span[0]:.6g} to {span[1]:.6g} by its counts and times")


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
