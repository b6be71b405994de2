"""The official checker's walk through a tree: what it lists, refuses, or crashes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from submission.checks.facts import (
    BenchmarkFacts,
    SubmitterFacts,
    SystemFacts,
)
from submission.checks.official import package
from submission.checks.official.outcome import OfficialResult, accepted, refused
from submission.checks.official.parts import (
    CrashError,
    crash_on_no_json,
    judge_accuracy,
    judge_compliance,
    judge_power,
    last_test_passed,
    measurement_is_bad,
)
from submission.checks.official.rows import rows_of
from submission.checks.official.run import judge_run
from submission.checks.official.strict import broken_fields, foreign_scenario, judge_strictly
from submission.checks.result_facts import ResultFacts
from submission.checks.results import OfficialVerdict
from submission.checks.words import listed
from submission.policy import CheckerKind, Policy
from submission.terms import AnomalyKind, Scenario
from submission.tree.grammar import Area

# what the official checker calls an anomaly for which it refuses a submitter
ANOMALIES = {
    AnomalyKind.FILE_LINK: "symbolic links",
    AnomalyKind.BROKEN_LINK: "broken symbolic links",
    AnomalyKind.LARGE: "files over 50 MB",
    AnomalyKind.DOT: "names with a leading dot",
    AnomalyKind.BLANK: "names with blanks",
    AnomalyKind.CACHE: "__pycache__ folders",
    AnomalyKind.EMPTY: "empty folders",
}


def root_faults(files: Iterable[str], policy: Policy) -> dict[str, str]:
    """What is refused for files at the root of the tree, and why."""
    if not policy.official.strict or policy.official.kind is CheckerKind.PACKAGE:
        return {}
    stray = [name for name in files if not name.endswith((".md", ".pdf"))]
    return {"root": f"files beside the divisions: {listed(stray)}"} if stray else {}


def enters(facts: SubmitterFacts, policy: Policy) -> bool:
    """Whether the official checker looks into a submitter's folder at all."""
    if policy.official.kind is CheckerKind.PACKAGE:
        return True
    return facts.listing.exists(facts.place(Area.RESULTS))


def judge_division(facts: SubmitterFacts, policy: Policy) -> str | None:
    """Why a whole division is refused, None if it is not."""
    looks = policy.official.strict and policy.official.kind is CheckerKind.SCRIPT
    stray = facts.listing.files(facts.division) if looks else {}
    return f"files beside the submitters: {listed(stray)}" if stray else None


def submitter_faults(facts: SubmitterFacts, policy: Policy) -> dict[str, str]:
    """What is listed as refused for a submitter beside its results, and why."""
    if not policy.official.all_systems:
        return {}
    results, why = facts.place(Area.RESULTS), []
    files = facts.listing.files(facts.place(Area.SYSTEMS))
    described = {name.removesuffix(".json") for name in files if name.endswith(".json")}
    options, measured = facts.options, set(facts.found(Area.MEASUREMENTS))
    if measured - set(facts.found(Area.RESULTS)) and not options.skip_unused_systems:
        why.append("measurements without results")
    if described - set(facts.found(Area.RESULTS)) and not options.skip_unused_systems:
        why.append("a system description without results")
    texts = (f"{facts.path}/calibration.md", f"{facts.path}/documentation/calibration.md")
    wanted = facts.division != "open" and not options.skip_calibration
    if wanted and not any(map(facts.listing.has_file, texts)):
        why.append("no calibration.md")
    return {results: "; ".join(why)} if why else {}


def judge_submitter(facts: SubmitterFacts, policy: Policy) -> str | None:
    """Why the whole folder of a submitter is refused, None if it is not; raises CrashError."""
    if policy.official.kind is CheckerKind.PACKAGE:
        return package.enter_submitter(facts)
    for kind in policy.official.folder_checks:
        if facts.anomalies.of(kind):
            return f"{ANOMALIES[kind]}, the first: {facts.anomalies.of(kind)[0].path}"
    crash_on_no_json(facts.mapping_path, facts.mapping)
    return None


def judge_system(facts: SystemFacts, policy: Policy) -> str | None:
    """Why all results of a system are refused, None if they are not; raises CrashError."""
    if policy.official.kind is CheckerKind.PACKAGE:
        return package.enter_system(facts)
    return _system(facts, policy)


def _system(facts: SystemFacts, policy: Policy) -> str | None:
    if facts.document is None:
        if facts.is_folder:
            raise CrashError(f"{facts.path} is a folder")
        return "no system description"
    crash_on_no_json(facts.path, facts.document)
    status = facts.fields.get("status")
    if not isinstance(status, str):
        raise CrashError(f"{facts.path}: status is missing or not text")
    if status.lower() not in policy.statuses:
        return f"invalid status {status!r}"
    if facts.fields.get("system_type") not in policy.system_types:
        return "invalid system_type"
    return _description(facts, policy)


def _description(facts: SystemFacts, policy: Policy) -> str | None:
    network, submitter = facts.fields.get("is_network"), facts.fields.get("submitter")
    if not isinstance(network, str | None):
        raise CrashError(f"{facts.path}: is_network is not text")
    if not isinstance(submitter, str):
        raise CrashError(f"{facts.path}: submitter is missing or not text")
    fields = policy.system_fields
    wanted = (*fields.required, *(fields.network if facts.is_network else ()))
    reasons = [f"field {name} is missing" for name in wanted if name not in facts.fields]
    reasons += broken_fields(facts, policy) if policy.official.strict else []
    mode = {"network": True, "closed": False}.get(facts.division)
    if mode is not None and mode is not facts.is_network:
        reasons.append("network mode is not that of the division")
    if submitter.lower() != facts.submitter.submitter.lower():
        reasons.append("submitter is not that of the folder")
    if facts.fields.get("division") != facts.division:
        reasons.append("division is not that of the folder")
    return "; ".join(reasons) or None


def judge_benchmark(facts: BenchmarkFacts, policy: Policy) -> str | None:
    """Why a benchmark folder is refused, None if it is not; raises CrashError."""
    if policy.official.kind is CheckerKind.PACKAGE:
        return package.enter_benchmark(facts, policy)
    name = facts.resolution.benchmark
    if facts.division != "open" and name not in policy.benchmarks:
        return f"invalid model {facts.folder} for the division"
    # the official checker resolves the name a second time, without the submitter's mapping
    if policy.required(facts.system.system_type, policy.resolve(name).benchmark) is None:
        return f"invalid model {name} for {facts.system.system_type}"
    return None


def missing_scenarios(facts: BenchmarkFacts, policy: Policy, valid: frozenset[str]) -> str | None:
    """Why the benchmark folder is refused after its scenarios, None if it is not.

    ``valid`` are the scenario folders whose performance run is valid.
    """
    if policy.official.kind is CheckerKind.PACKAGE:
        return None
    name = policy.resolve(facts.resolution.benchmark).benchmark
    required = policy.required(facts.system.system_type, name) or frozenset()
    ran = {policy.scenario_of(folder) for folder in valid}
    missing = sorted(required - ran - facts.system.submitter.options.skipped_scenarios)
    if facts.division == "open":
        return None
    if missing:
        return f"not all required scenarios, missing {', '.join(missing)}"
    either = {Scenario.SERVER, Scenario.INTERACTIVE}
    if either <= policy.optional(facts.system.system_type, name) and not either & ran:
        return "not all required scenarios, one of Server and Interactive is required"
    return None


def judge_result(facts: ResultFacts, policy: Policy, errors_before: int) -> OfficialResult:
    """The verdict on a scenario folder; ``errors_before`` counts those of its benchmark so far."""
    way = judge_strictly if policy.official.strict else _judge_result
    try:
        if policy.official.kind is CheckerKind.PACKAGE:
            return package.judge(facts, policy)
        return way(facts, policy, errors_before)
    except CrashError as crash:
        return OfficialResult(verdict=OfficialVerdict.CRASH, reason=str(crash))


def _judge_result(facts: ResultFacts, policy: Policy, errors: int) -> OfficialResult:
    if foreign := foreign_scenario(facts, policy):
        return refused(foreign, errors)
    refused_paths = () if facts.measurement.exists else (facts.measurement.folder,)
    errors += not facts.measurement.exists or measurement_is_bad(facts, policy)
    if facts.benchmark.terms is None and facts.accuracy.exists:
        raise CrashError(f"no accuracy target is known for {facts.benchmark.resolution.benchmark}")
    accuracy = judge_accuracy(facts, policy)
    errors += not accuracy.valid and facts.accuracy.text is not None
    reasons: list[str] = []
    value, shown, power, inferred = _performance(facts, policy, reasons)
    ran = not reasons
    errors += bool(reasons) and facts.performance is not None and facts.performance.exists
    compliance = _compliance(facts, policy, reasons)
    if not accuracy.valid:
        reasons.append(accuracy.reason or "the accuracy is missing")
    if reasons or not value:
        why = "; ".join(reasons) or "a result of 0 counts as none"
        found = refused(why, errors, refused_paths, performance_valid=ran)
        return replace(found, listed=bool(reasons))
    rows = rows_of(
        facts,
        policy,
        value=value,
        accuracy=accuracy.value,
        compliance=compliance,
        errors=errors,
        inferred=inferred,
        power=power,
    )
    return replace(
        accepted(shown, rows, errors),
        refused_paths=refused_paths,
        reason="the measurements folder is missing" if refused_paths else None,
    )


def _compliance(facts: ResultFacts, policy: Policy, reasons: list[str]) -> int:
    """The compliance column, 1 or 0; adds to ``reasons`` why it is 0."""
    terms = facts.benchmark.terms
    if facts.division == "open" or (terms is not None and not terms.compliance_tests):
        return 1
    if facts.options.skip_compliance:
        return 0
    if not policy.official.compliance_refuses:
        return int(last_test_passed(facts))
    why = judge_compliance(facts, policy)
    reasons += [f"compliance: {why}"] if why else []
    return 0 if why else 1


def _performance(
    facts: ResultFacts, policy: Policy, reasons: list[str]
) -> tuple[Any, str | None, float, bool]:
    """Value, its text, the power metric, and whether the value is inferred; adds to ``reasons``."""
    if facts.performance is None or not facts.performance.exists:
        if facts.scenario is None:
            raise CrashError(f"no unit is known for the scenario {facts.scenario_folder}")
        reasons.append("performance/run_1 is missing")
        return None, None, 0.0, False
    outcome = judge_run(facts.performance, policy)
    if not outcome.valid:
        reasons.append(outcome.reason or "the run is not valid")
    metric = 0.0
    if facts.power is not None:
        found, why = judge_power(facts, policy)
        reasons += [why] if why else []
        metric = found or 0.0
    if reasons:
        return outcome.value, None, 0.0, outcome.inferred
    text = f"{outcome.value:f} with power_metric = {metric:f}" if metric else str(outcome.value)
    return outcome.value, text, metric, outcome.inferred
