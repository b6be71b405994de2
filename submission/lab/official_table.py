"""The table of a round in a checkout of the official repository, against the one of this kit.

The checkout is read and nothing of it is run: the tables are Python dictionaries of literals and of
products of numbers, which are evaluated here.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from submission.errors import UsageError
from submission.policy import BenchmarkTerms, Policy
from submission.terms import Scenario

TOOLS = "tools/submission"
PLACES = (
    f"{TOOLS}/submission_checker/constants.py",
    f"{TOOLS}/submission_checker.py",
    f"{TOOLS}/submission-checker.py",
)
ROUNDS = "MODEL_CONFIG"
OFFLINE = "OFFLINE_MIN_SPQ_SINCE_V4"
TOKENS = "LLM_LATENCY_LIMITS"
KEYS = "RESULT_FIELD_BENCHMARK_OVERWRITE"
CATEGORIES = ("datacenter", "edge")
_SUMS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class NoLiteralError(ValueError):
    """A part of a table is neither a literal nor a sum of numbers."""


def official_tables(checkout: Path) -> dict[str, Any]:
    """The dictionaries of the official checker by name; raises UsageError where there are none."""
    for place in PLACES:
        path = checkout / place
        if path.is_file():
            return dict(_assigned(path))
    raise UsageError(
        "no official checker in the checkout",
        detail=f"looked for {', '.join(PLACES)} in {checkout}",
        hint="give the root of a checkout of the official inference repository",
    )


def _assigned(path: Path) -> Iterator[tuple[str, Any]]:
    """The names that a module gives to dictionaries which can be evaluated."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError) as error:
        raise UsageError(
            "the official checker cannot be read", detail=str(error), hint="check it out again"
        ) from error
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, _dictionary(node.value)


def _dictionary(node: ast.Dict) -> dict[Any, Any]:
    """The entries that can be evaluated; one that cannot is left out."""
    found = {}
    for key, value in zip(node.keys, node.values, strict=True):
        try:
            found[_value(key)] = _value(value)
        except NoLiteralError:
            continue
    return found


def _value(node: ast.AST | None) -> Any:
    if isinstance(node, ast.Dict):
        return _dictionary(node)
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.BinOp) and type(node.op) in _SUMS:
        return _SUMS[type(node.op)](_value(node.left), _value(node.right))
    raise NoLiteralError(ast.dump(node)[:80] if node is not None else "nothing")


def differences(tables: Mapping[str, Any], policy: Policy) -> Iterator[str]:
    """What the official tables say otherwise than ours of a round, one line each.

    Raises UsageError if they do not know the round.
    """
    table = tables.get(ROUNDS, {}).get(policy.round)
    if not isinstance(table, dict):
        raise UsageError(
            f"the official checker has no table of {policy.round}",
            detail=f"it has {', '.join(map(str, tables.get(ROUNDS, {}))) or 'none'}",
            hint="give a checkout of the tag of that round",
        )
    yield from _differ("seeds", table.get("seeds"), policy.seeds.by_key())
    yield from _differ("model names", table.get("model_mapping"), dict(policy.model_names))
    official = set(table.get("models", ()))
    for name in sorted(official ^ set(policy.benchmarks)):
        whose = "of the official table" if name in official else "of ours"
        yield f"{name}: a benchmark {whose} only"
    for name in sorted(official & set(policy.benchmarks)):
        terms = policy.benchmarks[name]
        yield from _of_benchmark(name, table, terms)
        yield from _of_others(name, tables, terms, policy)
    for category in CATEGORIES:
        for kind, ours in (
            ("required", policy.required_scenarios),
            ("optional", policy.optional_scenarios),
        ):
            theirs = table.get(f"{kind}-scenarios-{category}", {})
            sets = {name: sorted(scenarios) for name, scenarios in theirs.items()}
            own = {name: sorted(map(str, s)) for name, s in ours.get(category, {}).items()}
            yield from _differ(f"{kind} scenarios of {category}", sets, own)


def _of_benchmark(name: str, table: Mapping[str, Any], terms: BenchmarkTerms) -> Iterator[str]:
    targets = table.get("accuracy-target", {}).get(name)
    for scenario, pairs in _by_scenario(targets).items():
        own = {m.name: m.least(scenario) for m in terms.metrics if m.target is not None}
        where = "" if scenario is None else f" in {scenario}"
        yield from _differ(f"{name}: least accuracies{where}", _pairs(pairs), own)
    limits = table.get("accuracy-upper-limit", {}).get(name, [])
    most = {m.name: m.upper_limit for m in terms.metrics if m.upper_limit is not None}
    yield from _differ(f"{name}: greatest accuracies", _pairs(limits), most)
    for key, value in (
        ("performance-sample-count", terms.performance_sample_count),
        ("min-queries", {str(s): n for s, n in terms.min_query_count.items()}),
    ):
        yield from _differ(f"{name}: {key}", table.get(key, {}).get(name), value)
    size = table.get("accuracy-sample-count", {}).get(name, table.get("dataset-size", {}).get(name))
    if isinstance(size, dict):
        counts = {name: terms.accuracy_samples(Scenario(name)) for name in size}
        yield from _differ(f"{name}: accuracy samples", size, counts)
    elif size is not None:
        yield from _differ(f"{name}: accuracy samples", size, terms.accuracy_sample_count)
    bounds = {
        Scenario.SERVER: terms.server_latency_bound_ns,
        Scenario.INTERACTIVE: terms.interactive_latency_bound_ns,
    }
    for scenario, ours in bounds.items():
        bound = table.get("latency-constraint", {}).get(name, {}).get(str(scenario))
        yield from _differ(f"{name}: {scenario} latency", bound, ours)


def _of_others(
    name: str, tables: Mapping[str, Any], terms: BenchmarkTerms, policy: Policy
) -> Iterator[str]:
    """What the official checker keeps beside the table of a round, for all rounds."""
    least = tables.get(OFFLINE, {}).get(name)
    if least is not None and terms.offline_min_samples is not None:
        yield from _differ(f"{name}: Offline samples", least, policy.offline_samples(terms))
    limits = tables.get(TOKENS, {}).get(name, {})
    own = {
        str(scenario): {"ttft": each.ttft_ns, "tpot": each.tpot_ns}
        for scenario, each in terms.token_limits.items()
    }
    yield from _differ(f"{name}: token latencies", limits if own else own, own)
    keys = tables.get(KEYS, {}).get(policy.round, {}).get(name, {})
    known = {s: k for s, k in terms.result_keys.items() if s is not Scenario.INTERACTIVE}
    yield from _differ(f"{name}: keys of the result", keys, {str(s): k for s, k in known.items()})


def _by_scenario(targets: Any) -> dict[Scenario | None, list[Any]]:
    """The accuracies of a benchmark by scenario; None where they are those of all."""
    if isinstance(targets, dict):
        return {Scenario(name): pairs for name, pairs in targets.items()}
    return {None: targets} if isinstance(targets, list) else {}


def _pairs(values: list[Any]) -> dict[Any, Any]:
    return dict(zip(values[::2], values[1::2], strict=False))


def _differ(what: str, official: Any, ours: Any) -> Iterator[str]:
    """A line for each entry of two tables that differs, or for two values."""
    if isinstance(official, dict) and isinstance(ours, dict):
        for key in sorted({*official, *ours}, key=str):
            if not _same(official.get(key), ours.get(key)):
                yield f"{what}: {key}: official {official.get(key)}, ours {ours.get(key)}"
    elif not _same(official, ours):
        yield f"{what}: official {official}, ours {ours}"


def _same(official: Any, ours: Any) -> bool:
    if isinstance(official, float) or isinstance(ours, float):
        both = all(isinstance(value, int | float) for value in (official, ours))
        return both and math.isclose(official, ours, rel_tol=1e-9)
    return bool(official == ours)
