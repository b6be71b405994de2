"""A round's table as a Policy, checked for contradictions before anything relies on it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from submission.errors import UsageError
from submission.policy.model import AccuracyMetric, BenchmarkTerms, MetricTarget, Policy
from submission.policy.records import record
from submission.policy.tables import Place, Table, TableError, resolved_table, rounds, written_in
from submission.terms import Scenario

# what a table says beside the fields of a Policy
ABOUT = ("version", "sources")
# where something stands in a table, and what is wrong with it there
Problems = Iterator[tuple[Place, str]]
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
        return policy_from(
            resolved_table(version), lambda place: f"{written_in(version, place)}.json"
        )
    except TableError as error:
        raise UsageError(
            f"the table of round {version} cannot be used",
            detail=str(error),
            hint=f"mend submission/policy/{version}.json, or the table that it is based on",
        ) from error


def policy_from(
    table: Mapping[str, Any], file_of: Callable[[Place], str] = lambda _place: ""
) -> Policy:
    """The Policy of a resolved table; raises TableError if it is incomplete or inconsistent.

    ``file_of`` names the file that says what stands at a place of the table.
    """
    entries: Table = {key: value for key, value in table.items() if key not in ABOUT}
    for key, filled_in in FILLED_IN.items():
        if isinstance(entries.get(key), dict):
            entries[key] = filled_in(entries[key])
    policy = record(Policy, entries, str(table.get("round")))
    problems = [
        f"{f'{file}, ' if (file := file_of(place)) else ''}{'.'.join(place)}: {words}"
        for place, words in _contradictions(policy)
    ]
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

    Where a round says otherwise, its table has an entry ``datacenter,edge`` for the benchmark:
    other scenarios, or null for a benchmark that such a system does not have.
    """
    if not all(isinstance(scenarios, dict) for scenarios in table.values()):
        return table
    both: dict[str, Any] = {}
    for category in ("datacenter", "edge"):
        for name, scenarios in table.get(category, {}).items():
            both[name] = [*both.get(name, []), *scenarios]
    both |= table.get(BOTH[0], {})
    both = {name: scenarios for name, scenarios in both.items() if scenarios is not None}
    return {**table, **dict.fromkeys(BOTH, both)}


# entries of a table that are written shorter than the Policy has them
FILLED_IN: dict[str, Callable[[Table], Table]] = {
    "benchmarks": _named,
    "required_scenarios": _categories,
    "optional_scenarios": _categories,
}


def _contradictions(policy: Policy) -> Problems:
    """What cannot be true of any round."""
    yield from _scenario_problems(policy)
    for name, benchmark in policy.benchmarks.items():
        yield from _metric_problems(name, benchmark, policy)
        yield from _limit_problems(name, benchmark, policy)
        yield from _own_scenarios(name, benchmark, policy)
    for name, metric in policy.accuracy_metrics.items():
        if re.compile(metric.line_pattern).groups != 1:
            place = ("accuracy_metrics", name, "line_pattern")
            yield place, f"metric {name} needs a pattern with exactly one group"
    if policy.accuracy_log.truncated_bytes > policy.accuracy_log.max_bytes:
        limit = ("accuracy_log", "max_bytes")
        yield limit, "a truncated accuracy log would be over its own limit"


def _scenario_problems(policy: Policy) -> Problems:
    tables = [
        *(("required_scenarios", *each) for each in policy.required_scenarios.items()),
        *(("optional_scenarios", *each) for each in policy.optional_scenarios.items()),
    ]
    run = {each for *_, table in tables for scenarios in table.values() for each in scenarios}
    for scenario in sorted(run - set(policy.scenarios)):
        yield ("scenarios", scenario), f"scenario {scenario} is run, but not described"
    for scenario, terms in policy.scenarios.items():
        place: Place = ("scenarios", scenario)
        if scenario not in run:
            yield place, f"nobody runs scenario {scenario}"
        if not (terms.result_unit and terms.power_unit):
            yield place, f"a result of scenario {scenario} has no unit"
    for key, category, table in tables:
        for name in sorted(set(table) - set(policy.benchmarks)):
            yield (key, category, name), f"{category} requires unknown benchmark {name}"
    yield from _unbounded(policy)


def _unbounded(policy: Policy) -> Problems:
    """Benchmarks of Server without a bound."""
    for category, table in policy.required_scenarios.items():
        for name, scenarios in table.items():
            benchmark = policy.benchmarks.get(name)
            if benchmark is None or Scenario.SERVER not in scenarios:
                continue
            limited = Scenario.SERVER in benchmark.token_limits
            if benchmark.server_latency_bound_ns is None and not limited:
                place = ("benchmarks", name, "server_latency_bound_ns")
                yield place, f"{category}: {name} has no Server bound"


def _without_target(name: str, wanted: MetricTarget, metric: AccuracyMetric | None) -> Problems:
    place = ("benchmarks", name, "metrics")
    if metric is None:
        yield place, f"{name} has unknown metric {wanted.name}"
    if wanted.upper_limit is None:
        yield place, f"{name} asks nothing of its metric {wanted.name}"


def _limit_problems(name: str, benchmark: BenchmarkTerms, policy: Policy) -> Problems:
    place = ("benchmarks", name)
    for test in benchmark.compliance_tests:
        if test not in policy.compliance:
            yield (*place, "compliance_tests"), f"{name} has unknown compliance test {test}"
    for scenario, unit in benchmark.result_units.items():
        if not unit:
            yield (
                (*place, "result_units", scenario),
                f"a result of {name} in {scenario} has no unit",
            )
    for scenario, limits in benchmark.token_limits.items():
        if scenario not in policy.scenarios or min(limits.ttft_ns, limits.tpot_ns) <= 0:
            words = f"{name} has a token limit that bounds nothing in {scenario}"
            yield (*place, "token_limits", scenario), words


def _own_scenarios(name: str, benchmark: BenchmarkTerms, policy: Policy) -> Problems:
    """What a benchmark says of scenarios that the round does not have."""
    place = ("benchmarks", name)
    bound = benchmark.interactive_latency_bound_ns
    if bound is not None and (bound <= 0 or Scenario.INTERACTIVE not in policy.scenarios):
        words = f"{name} has a latency bound that bounds nothing in {Scenario.INTERACTIVE}"
        yield (*place, "interactive_latency_bound_ns"), words
    named = (benchmark.sample_counts, benchmark.target_latency_percentiles, benchmark.result_keys)
    for scenario in sorted({each for table in named for each in table} - set(policy.scenarios)):
        yield place, f"{name} says something of {scenario}, which is not described"


def _metric_problems(name: str, benchmark: BenchmarkTerms, policy: Policy) -> Problems:
    place = ("benchmarks", name, "metrics")
    if not benchmark.metrics:
        yield place, f"{name} has no metric"
    for wanted in benchmark.metrics:
        metric = policy.accuracy_metrics.get(wanted.name)
        if wanted.target is None:
            yield from _without_target(name, wanted, metric)
            continue
        if metric is None:
            yield place, f"{name} has unknown metric {wanted.name}"
            continue
        if wanted.target > (metric.maximum or math.inf):
            yield place, f"{name} has an accuracy target over the maximum of {wanted.name}"
        if wanted.target > (wanted.float_accuracy or math.inf):
            yield place, f"{name} has an accuracy target over the FP32 model's accuracy"
        if wanted.target > (wanted.upper_limit or math.inf):
            yield place, f"{name} has an accuracy target over the upper limit of {wanted.name}"
