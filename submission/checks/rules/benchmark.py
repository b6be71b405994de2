"""BEN: benchmark folders, their names, and which scenarios they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from submission.checks.facts import BenchmarkFacts
from submission.checks.model import CLOSED, OPEN, Breach, Counterpart, Scope, Severity, rule
from submission.checks.rules.references import SCENARIOS, TREE_LAYOUT
from submission.checks.words import listed, suggested
from submission.policy import Policy
from submission.terms import Scenario

BENCHMARKS = "inference_rules.adoc, section 'Benchmarks'"
CATEGORIES = SCENARIOS + ", required scenarios of a category"
_KNOWN = frozenset({"BEN001", "BEN002"})


@rule(
    id="BEN001",
    title="A benchmark folder stands for a benchmark of the round",
    fault="The folder stands for no benchmark of the round",
    scope=Scope.BENCHMARK,
    reference=BENCHMARKS,
    hint="rename the folder; open: add the name to model_mapping.json",
    requires={"TRE040"},
    official=Counterpart.REFUSES,
)
def _known(facts: BenchmarkFacts, policy: Policy) -> Iterator[Breach]:
    if facts.terms is None:
        name = facts.resolution.benchmark
        meant = policy.model_names.get(name)
        near = f" (did you mean {meant}?)" if meant else suggested(facts.folder, policy.benchmarks)
        yield Breach(
            at=facts.path,
            found=f"{name} ({facts.resolution.reason})",
            expected=f"one of {listed(policy.benchmarks, 20)}{near}; in the open division a name"
            " may be mapped by model_mapping.json",
        )


@rule(
    id="BEN002",
    title="The benchmark belongs to the system's category",
    fault="The benchmark is not one of the system's category",
    scope=Scope.BENCHMARK,
    reference=BENCHMARKS,
    hint="correct system_type, or leave the benchmark out; not every one is in both categories",
    requires={"BEN001", "SYS001", "SYS002", "SYS009"},
    official=Counterpart.REFUSES,
)
def _in_category(facts: BenchmarkFacts, policy: Policy) -> Iterator[Breach]:
    kind = facts.system.system_type
    if policy.required(kind, facts.resolution.benchmark) is None:
        table = policy.required_scenarios.get(kind, {})
        yield Breach(
            at=facts.path,
            found=f"{facts.resolution.benchmark} on a system of type {kind}",
            expected=f"one of {listed(table, 20)}",
        )


@rule(
    id="BEN003",
    title="In the closed and network divisions a benchmark has its own name",
    fault="A closed or network benchmark has another name than its own",
    scope=Scope.BENCHMARK,
    divisions=CLOSED,
    reference=BENCHMARKS,
    hint="name the folder as the benchmark; part of a name is not enough",
    requires={"BEN001"},
)
def _exact_name(facts: BenchmarkFacts, policy: Policy) -> Iterator[Breach]:
    if facts.folder not in policy.benchmarks and facts.folder not in policy.model_names:
        yield Breach(
            at=facts.path,
            found=f"{facts.folder}, taken for {facts.resolution.benchmark}",
            expected="the benchmark's own name",
        )


@rule(
    id="BEN004",
    title="The benchmark behind an open name is certain",
    fault="The benchmark behind an open name is a guess",
    scope=Scope.BENCHMARK,
    divisions=OPEN,
    severity=Severity.NOTE,
    reference="submission checker of the round, resolution of model names",
    hint="nothing to do if the benchmark is the right one",
    requires={"BEN001"},
)
def _guessed(facts: BenchmarkFacts, _policy: Policy) -> Iterator[Breach]:
    if facts.resolution.reason.startswith("the name contains"):
        yield Breach(
            at=facts.path,
            found=f"taken for {facts.resolution.benchmark}: {facts.resolution.reason}",
            expected="an entry in model_mapping.json, where that is not meant",
        )


@rule(
    id="BEN005",
    title="All scenarios that the category requires are there",
    fault="A scenario that the category requires is missing",
    scope=Scope.BENCHMARK,
    divisions=CLOSED,
    reference=CATEGORIES,
    hint="run and submit the missing scenarios",
    requires=_KNOWN,
    official=Counterpart.REFUSES,
)
def _required_scenarios(facts: BenchmarkFacts, policy: Policy) -> Iterator[Breach]:
    return _missing_scenarios(facts, policy)


@rule(
    id="BEN006",
    title="Open: which scenarios of the category are left out",
    fault="Open: some scenarios of the category are left out",
    scope=Scope.BENCHMARK,
    divisions=OPEN,
    severity=Severity.NOTE,
    reference=CATEGORIES,
    hint="nothing to do: the open division may choose",
    requires=_KNOWN,
)
def _open_left_out(facts: BenchmarkFacts, policy: Policy) -> Iterator[Breach]:
    return _missing_scenarios(facts, policy)


def _missing_scenarios(facts: BenchmarkFacts, policy: Policy) -> Iterator[Breach]:
    required = policy.required(facts.system.system_type, facts.resolution.benchmark)
    missing = (required or frozenset()) - _scenarios(facts, policy)
    missing -= facts.system.submitter.options.skipped_scenarios
    if missing:
        yield Breach(
            at=facts.path, found=f"no results of {listed(missing)}", expected=listed(required or ())
        )


@rule(
    id="BEN007",
    title="Only scenarios of the category are submitted",
    fault="A scenario is not one of the category",
    scope=Scope.BENCHMARK,
    divisions=CLOSED,
    reference=CATEGORIES,
    hint="remove the folder, or correct system_type",
    requires=_KNOWN,
    official=Counterpart.REFUSES,
)
def _foreign_scenarios(facts: BenchmarkFacts, policy: Policy) -> Iterator[Breach]:
    kind, name = facts.system.system_type, facts.resolution.benchmark
    allowed = (policy.required(kind, name) or frozenset()) | policy.optional(kind, name)
    for folder in facts.scenarios:
        scenario = policy.scenario_of(folder)
        if scenario is not None and scenario not in allowed:
            yield Breach(at=f"{facts.path}/{folder}", found=scenario, expected=listed(allowed))


@rule(
    id="BEN008",
    title="A scenario folder has the name of a scenario",
    fault="A scenario folder is named after no scenario",
    scope=Scope.BENCHMARK,
    reference=SCENARIOS,
    hint="rename the folder (Offline, Server, SingleStream, MultiStream, or all lower case)",
    official=Counterpart.CRASHES,
)
def _unknown_scenarios(facts: BenchmarkFacts, policy: Policy) -> Iterator[Breach]:
    names = [name for each in policy.scenarios for name in (each.value, each.lower())]
    for folder in facts.scenarios:
        if policy.scenario_of(folder) is None:
            yield Breach(
                at=f"{facts.path}/{folder}",
                found=folder,
                expected=f"{listed(policy.scenarios)}{suggested(folder, names)}",
            )


@rule(
    id="BEN009",
    title="A scenario is submitted once",
    fault="A scenario is submitted twice",
    scope=Scope.BENCHMARK,
    reference=SCENARIOS,
    hint="remove one of the folders",
)
def _twice(facts: BenchmarkFacts, policy: Policy) -> Iterator[Breach]:
    counts = Counter(map(policy.scenario_of, facts.scenarios))
    for scenario, count in counts.items():
        if scenario is not None and count > 1:
            yield Breach(at=facts.path, found=f"{count} folders of {scenario}", expected="one")


@rule(
    id="BEN010",
    title="A benchmark folder holds scenarios",
    fault="A benchmark folder holds no scenario",
    scope=Scope.BENCHMARK,
    severity=Severity.WARNING,
    reference=TREE_LAYOUT,
    hint="put the results into <scenario> folders, or remove the folder",
)
def _without_scenarios(facts: BenchmarkFacts, _policy: Policy) -> Iterator[Breach]:
    if not facts.scenarios:
        yield Breach(at=facts.path, found="no scenario folder", expected="at least one")


@rule(
    id="BEN011",
    title="One of Server and Interactive is submitted, where the round asks for one",
    fault="Neither Server nor Interactive is submitted",
    scope=Scope.BENCHMARK,
    divisions=CLOSED,
    reference=CATEGORIES,
    hint="run and submit one of them",
    requires=_KNOWN,
    official=Counterpart.REFUSES,
)
def _one_of_two(facts: BenchmarkFacts, policy: Policy) -> Iterator[Breach]:
    either = {Scenario.SERVER, Scenario.INTERACTIVE}
    optional = policy.optional(facts.system.system_type, facts.resolution.benchmark)
    there = _scenarios(facts, policy) | facts.system.submitter.options.skipped_scenarios
    if either <= optional and either.isdisjoint(there):
        yield Breach(at=facts.path, found="neither", expected=listed(either))


def _scenarios(facts: BenchmarkFacts, policy: Policy) -> frozenset[Scenario]:
    return frozenset(s for s in map(policy.scenario_of, facts.scenarios) if s is not None)
