"""Reads a round's table and checks the table itself before anything relies on it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from submission.errors import UsageError
from submission.policy.model import (
    AccuracyLog,
    AccuracyMetric,
    Benchmark,
    FileLists,
    Policy,
    ScenarioTerms,
    Seeds,
    SystemFields,
)
from submission.terms import Scenario

FOLDER = Path(__file__).parent
TABLE_VERSION = 1


def rounds() -> tuple[str, ...]:
    """The rounds that have a table, newest first."""
    return tuple(sorted((path.stem for path in FOLDER.glob("v*.json")), reverse=True))


@lru_cache
def load_policy(version: str) -> Policy:
    """The frozen table of a round; raises UsageError for a round without one."""
    if version not in rounds():
        raise UsageError(
            f"no policy for round {version!r}",
            detail=f"known rounds: {', '.join(rounds())}",
            hint="give one of them as --version",
        )
    table = json.loads((FOLDER / f"{version}.json").read_text(encoding="utf-8"))
    return policy_from(table)


def policy_from(table: Mapping[str, Any]) -> Policy:
    """A Policy from a table as the JSON files hold it; raises ValueError if it is inconsistent."""
    if table["version"] != TABLE_VERSION:
        raise ValueError(f"table version {table['version']}, known is {TABLE_VERSION}")
    plain = {key: _tuples(table[key]) for key in _PLAIN}
    policy = Policy(
        **plain,
        seeds=Seeds(**table["seeds"]),
        test05_seeds=Seeds(**table["test05_seeds"]),
        early_stopping_confidence=table["early_stopping"]["confidence"],
        scenarios={Scenario(k): ScenarioTerms(**v) for k, v in table["scenarios"].items()},
        benchmarks={k: _benchmark(k, v) for k, v in table["benchmarks"].items()},
        required_scenarios=_scenario_table(table["required_scenarios"]),
        optional_scenarios=_scenario_table(table["optional_scenarios"]),
        accuracy_metrics={k: AccuracyMetric(**v) for k, v in table["accuracy_metrics"].items()},
        accuracy_log=AccuracyLog(**table["accuracy_log"]),
        files=FileLists(**{k: tuple(v) for k, v in table["files"].items()}),
        system_fields=SystemFields(**{k: tuple(v) for k, v in table["system_fields"].items()}),
    )
    problems = list(_contradictions(policy))
    if problems:
        raise ValueError(f"the table of {policy.round} contradicts itself: {'; '.join(problems)}")
    return policy


_PLAIN = (
    "round",
    "covers",
    "layout",
    "min_duration_ms",
    "clock_tolerance",
    "compliance_score_tolerance",
    "offline_min_samples",
    "model_names",
    "model_name_guesses",
    "divisions",
    "ignored_root_folders",
    "statuses",
    "max_file_bytes",
    "measurement_fields",
    "network_sut_name",
    "loadgen_versions",
)


def _tuples(value: Any) -> Any:
    """Lists become tuples, so that a Policy cannot be changed."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _benchmark(name: str, value: Mapping[str, Any]) -> Benchmark:
    rest = dict(value)
    counts = {Scenario(k): v for k, v in rest.pop("min_query_count").items()}
    tests = tuple(rest.pop("compliance_tests"))
    return Benchmark(name=name, min_query_count=counts, compliance_tests=tests, **rest)


def _scenario_table(
    value: Mapping[str, Mapping[str, list[str]]],
) -> dict[str, dict[str, frozenset[Scenario]]]:
    return {
        category: {name: frozenset(map(Scenario, words)) for name, words in names.items()}
        for category, names in value.items()
    }


def _contradictions(policy: Policy) -> list[str]:
    """What cannot be true of any round; an empty list for a sound table."""
    found = [*_scenario_problems(policy), *_metric_problems(policy)]
    if set(policy.scenarios) != set(Scenario):
        found.append("a scenario is missing")
    if policy.accuracy_log.truncated_bytes > policy.accuracy_log.max_bytes:
        found.append("a truncated accuracy log would be over its own limit")
    return found


def _scenario_problems(policy: Policy) -> list[str]:
    found = []
    for category, table in policy.required_scenarios.items():
        unknown = sorted(set(table) - set(policy.benchmarks))
        found += [f"{category} requires unknown benchmark {name}" for name in unknown]
        found += [f"{category}: {n} has no Server bound" for n in _unbounded(policy, category)]
    return found


def _metric_problems(policy: Policy) -> list[str]:
    found = []
    for name, benchmark in policy.benchmarks.items():
        metric = policy.accuracy_metrics.get(benchmark.accuracy_metric)
        if metric is None:
            found.append(f"{name} has unknown metric {benchmark.accuracy_metric}")
        elif benchmark.accuracy_target > metric.maximum:
            found.append(f"{name} has an accuracy target over the metric's maximum")
        if benchmark.accuracy_target > (benchmark.float_accuracy or math.inf):
            found.append(f"{name} has an accuracy target over the FP32 model's accuracy")
    for name, metric in policy.accuracy_metrics.items():
        if re.compile(metric.line_pattern).groups != 1:
            found.append(f"metric {name} needs a pattern with exactly one group")
    return found


def _unbounded(policy: Policy, category: str) -> list[str]:
    """Benchmarks that a category wants in Server without a latency bound."""
    return [
        name
        for name, scenarios in policy.required_scenarios[category].items()
        if Scenario.SERVER in scenarios
        and name in policy.benchmarks
        and policy.benchmarks[name].server_latency_bound_ns is None
    ]
