"""A round's table as a Policy, checked for contradictions before anything relies on it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from submission.errors import UsageError
from submission.policy.model import BenchmarkTerms, Policy
from submission.policy.records import record
from submission.policy.tables import Table, TableError, resolved_table, rounds
from submission.terms import Scenario

# what a table says beside the fields of a Policy
ABOUT = ("version", "sources")
BOTH = ("datacenter,edge", "edge,datacenter")


@lru_cache
def load_policy(version: str) -> Policy:
    """The frozen table of a round; raises UsageError for a round without one, or a bad table."""
    if version not in rounds():
        raise UsageError(
            f"no policy for round {version!r}",
            detail=f"known rounds: {', '.join(rounds())}",
            hint="give one of them as --version",
        )
    try:
        return policy_from(resolved_table(version))
    except TableError as error:
        raise UsageError(
            f"the table of round {version} cannot be used",
            detail=str(error),
            hint=f"mend submission/policy/{version}.json, or the table that it is based on",
        ) from error


def policy_from(table: Mapping[str, Any]) -> Policy:
    """The Policy of a resolved table; raises TableError if it is incomplete or inconsistent."""
    entries: Table = {key: value for key, value in table.items() if key not in ABOUT}
    for key, filled_in in FILLED_IN.items():
        if isinstance(entries.get(key), dict):
            entries[key] = filled_in(entries[key])
    policy = record(Policy, entries, str(table.get("round")))
    problems = list(_contradictions(policy))
    if problems:
        raise TableError(f"the table of {policy.round} contradicts itself: {'; '.join(problems)}")
    return policy


def _named(benchmarks: Table) -> Table:
    """Each benchmark with its key as its name."""
    return {
        name: {"name": name, **value} if isinstance(value, dict) else value
        for name, value in benchmarks.items()
    }


def _categories(table: Table) -> Table:
    """The scenarios of each system type; a system of both categories has those of both.

    Where a round says otherwise, its table has an entry ``datacenter,edge`` for the benchmark.
    """
    if not all(isinstance(scenarios, dict) for scenarios in table.values()):
        return table
    both: dict[str, Any] = {}
    for category in ("datacenter", "edge"):
        for name, scenarios in table.get(category, {}).items():
            both[name] = [*both.get(name, []), *scenarios]
    both |= table.get(BOTH[0], {})
    return {**table, **dict.fromkeys(BOTH, both)}


# entries of a table that are written shorter than the Policy has them
FILLED_IN: dict[str, Callable[[Table], Table]] = {
    "benchmarks": _named,
    "required_scenarios": _categories,
    "optional_scenarios": _categories,
}


def _contradictions(policy: Policy) -> Iterator[str]:
    """What cannot be true of any round."""
    yield from _scenario_problems(policy)
    for name, benchmark in policy.benchmarks.items():
        yield from _metric_problems(name, benchmark, policy)
    for name, metric in policy.accuracy_metrics.items():
        if re.compile(metric.line_pattern).groups != 1:
            yield f"metric {name} needs a pattern with exactly one group"
    if set(policy.scenarios) != set(Scenario):
        yield "a scenario is missing"
    if policy.accuracy_log.truncated_bytes > policy.accuracy_log.max_bytes:
        yield "a truncated accuracy log would be over its own limit"


def _scenario_problems(policy: Policy) -> Iterator[str]:
    for category, table in policy.required_scenarios.items():
        for name in sorted(set(table) - set(policy.benchmarks)):
            yield f"{category} requires unknown benchmark {name}"
        for name, scenarios in table.items():
            benchmark = policy.benchmarks.get(name)
            if benchmark is None or Scenario.SERVER not in scenarios:
                continue
            if benchmark.server_latency_bound_ns is None:
                yield f"{category}: {name} has no Server bound"


def _metric_problems(name: str, benchmark: BenchmarkTerms, policy: Policy) -> Iterator[str]:
    if not benchmark.metrics:
        yield f"{name} has no metric"
    for wanted in benchmark.metrics:
        metric = policy.accuracy_metrics.get(wanted.name)
        if metric is None:
            yield f"{name} has unknown metric {wanted.name}"
            continue
        if wanted.target > (metric.maximum or math.inf):
            yield f"{name} has an accuracy target over the maximum of {wanted.name}"
        if wanted.target > (wanted.float_accuracy or math.inf):
            yield f"{name} has an accuracy target over the FP32 model's accuracy"
        if wanted.target > (wanted.upper_limit or math.inf):
            yield f"{name} has an accuracy target over the upper limit of {wanted.name}"
