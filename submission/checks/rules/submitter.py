"""TRE: what a submitter submits as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.facts import SubmitterFacts
from submission.checks.model import Breach, Counterpart, Scope, Severity, rule
from submission.checks.rules.references import TREE_LAYOUT
from submission.checks.words import listed, suggested
from submission.policy import Policy
from submission.tree.grammar import Area

LEVELS = ("system", "benchmark", "scenario")


@rule(
    id="TRE030",
    title="A submitter has results",
    fault="The submitter has no results",
    scope=Scope.SUBMITTER,
    severity=Severity.WARNING,
    reference=TREE_LAYOUT,
    hint="put the results into results/<system>/<benchmark>/<scenario>",
)
def _without_results(facts: SubmitterFacts, _policy: Policy) -> Iterator[Breach]:
    if not facts.found(Area.RESULTS):
        yield Breach(
            at=facts.path,
            found="no results folder with a system in it",
            expected=facts.place(Area.RESULTS, "<system>", "<benchmark>", "<scenario>"),
        )


@rule(
    id="TRE031",
    title="results/ holds folders only, down to the scenario",
    fault="results/ holds a file above the scenario",
    scope=Scope.SUBMITTER,
    severity=Severity.NOTE,
    reference=TREE_LAYOUT,
    hint="move the file; it is not checked here",
)
def _stray_in_results(facts: SubmitterFacts, policy: Policy) -> Iterator[Breach]:
    waiting = [(facts.place(Area.RESULTS), 0)]
    # where measurements lie in the folder of their result, that holds files
    together = facts.place(Area.MEASUREMENTS) == facts.place(Area.RESULTS)
    own_files = len(LEVELS) if together else None
    for folder, depth in waiting:
        for name in facts.listing.files(folder):
            if depth == own_files:
                continue
            if depth or name not in policy.files.results_optional:
                yield Breach(at=f"{folder}/{name}", found="a file", expected="folders only")
        if depth < len(LEVELS):
            waiting += [(f"{folder}/{name}", depth + 1) for name in facts.listing.children(folder)]


@rule(
    id="TRE032",
    title="A system description has results",
    fault="A system description has no results",
    scope=Scope.SUBMITTER,
    severity=Severity.NOTE,
    reference=TREE_LAYOUT,
    hint="remove the description, or name it as the folder in results/",
)
def _orphan_systems(facts: SubmitterFacts, _policy: Policy) -> Iterator[Breach]:
    systems, descriptions = set(facts.found(Area.RESULTS)), facts.place(Area.SYSTEMS)
    files = facts.listing.files(descriptions)
    located = (facts.layout.locate(f"{descriptions}/{name}") for name in files)
    described = {name for found in located if found for name in found.names}
    for name in sorted(described - systems):
        near = suggested(name, systems - described)
        yield Breach(
            at=facts.place(Area.SYSTEMS, name),
            found="a system description without results",
            expected=f"{facts.place(Area.RESULTS, name)}{near}",
        )


@rule(
    id="TRE033",
    title="Measurements and compliance runs have results",
    fault="Measurements or a compliance run have no results",
    scope=Scope.SUBMITTER,
    severity=Severity.NOTE,
    reference=TREE_LAYOUT,
    hint="remove the folder, or give it the name that it has in results/",
)
def _orphan_folders(facts: SubmitterFacts, _policy: Policy) -> Iterator[Breach]:
    for area in (Area.MEASUREMENTS, Area.COMPLIANCE):
        for names in _without_folder_of_results(facts, area):
            yield Breach(
                at=facts.place(area, *names),
                found=f"{area} without results",
                expected=facts.place(Area.RESULTS, *names),
            )


def _without_folder_of_results(facts: SubmitterFacts, area: Area) -> Iterator[tuple[str, ...]]:
    """System, benchmark and scenario; of what has no results only the uppermost folder."""
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        names = waiting.pop()
        if facts.listing.folder(facts.place(Area.RESULTS, *names)) is None and names:
            yield names
        elif len(names) < len(LEVELS):
            waiting += [(*names, name) for name in reversed(facts.found(area, *names))]


@rule(
    id="TRE035",
    title="Code and calibration have results",
    fault="Code or calibration has no results",
    scope=Scope.SUBMITTER,
    severity=Severity.NOTE,
    reference=TREE_LAYOUT,
    hint="remove the folder, or add the results",
)
def _orphan_texts(facts: SubmitterFacts, policy: Policy) -> Iterator[Breach]:
    """Code and calibration of a benchmark of the round, of which there are no results."""
    used = _benchmark_folders(facts)
    for area in (Area.CODE, Area.CALIBRATION):
        for name in facts.found(area) if facts.layout.depth(area) else ():
            known = name in policy.benchmarks or name in policy.model_names
            if known and not any(_is_for(name, folder, policy) for folder in used):
                yield Breach(
                    at=facts.place(area, name),
                    found=f"{area} without results",
                    expected=facts.place(Area.RESULTS, "<system>", name),
                )


def _is_for(name: str, folder: str, policy: Policy) -> bool:
    """Whether code for a benchmark may be that of a results folder (bert-99 and bert-99.9)."""
    wanted, found = policy.resolve(name).benchmark, policy.resolve(folder).benchmark
    a, b = policy.benchmarks.get(wanted), policy.benchmarks.get(found)
    return folder == name or (
        a is not None and b is not None and a.loadgen_model == b.loadgen_model
    )


@rule(
    id="TRE040",
    title="model_mapping.json is a JSON object",
    fault="model_mapping.json is not a JSON object",
    scope=Scope.SUBMITTER,
    reference="submission checker of the round, --extra-model-benchmark-map",
    hint='write {"<folder name>": "<benchmark>"}',
    official=Counterpart.CRASHES,
)
def _mapping_readable(facts: SubmitterFacts, _policy: Policy) -> Iterator[Breach]:
    why = getattr(facts.mapping, "why", None)
    if getattr(facts.mapping, "has_bom", False):
        why = "it begins with a byte order mark"
    if why is not None:
        yield Breach(at=facts.mapping_path, found=why, expected="a JSON object of names")


@rule(
    id="TRE041",
    title="model_mapping.json maps to benchmarks of the round",
    fault="model_mapping.json maps to no benchmark of the round",
    scope=Scope.SUBMITTER,
    severity=Severity.WARNING,
    reference="submission checker of the round, --extra-model-benchmark-map",
    hint="map the name to an official benchmark name",
    requires={"TRE040"},
    official=Counterpart.REFUSES,
)
def _mapping_values(facts: SubmitterFacts, policy: Policy) -> Iterator[Breach]:
    """Entries that no results folder uses; BEN001 reports the others."""
    values = getattr(facts.mapping, "value", {})
    for name, benchmark in values.items():
        if name in _benchmark_folders(facts) and isinstance(benchmark, str):
            continue
        if not isinstance(benchmark, str) or benchmark not in policy.benchmarks:
            near = suggested(benchmark, policy.benchmarks) if isinstance(benchmark, str) else ""
            yield Breach(
                at=facts.mapping_path,
                key=name,
                found=repr(benchmark),
                expected=f"one of {listed(policy.benchmarks, 20)}{near}",
            )


@rule(
    id="TRE042",
    title="model_mapping.json agrees with what a name says",
    fault="model_mapping.json contradicts what a name says",
    scope=Scope.SUBMITTER,
    severity=Severity.WARNING,
    reference="submission checker of the round, resolution of model names",
    hint="rename the folder or correct the mapping",
    requires={"TRE040"},
)
def _mapping_contradicts(facts: SubmitterFacts, policy: Policy) -> Iterator[Breach]:
    for name, benchmark in facts.names.items():
        without = policy.resolve(name)
        if without.benchmark in policy.benchmarks and without.benchmark != benchmark:
            yield Breach(
                at=facts.mapping_path,
                key=name,
                found=benchmark,
                expected=f"{without.benchmark} ({without.reason})",
            )


def _benchmark_folders(facts: SubmitterFacts) -> set[str]:
    systems = facts.found(Area.RESULTS)
    return {name for system in systems for name in facts.found(Area.RESULTS, system)}
