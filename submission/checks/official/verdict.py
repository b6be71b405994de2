"""The official checker's walk through a tree: what it lists, refuses, or crashes on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from submission.checks.facts import (
    BenchmarkFacts,
    SubmitterFacts,
    SystemFacts,
)
from submission.checks.official.parts import (
    CrashError,
    judge_accuracy,
    judge_compliance,
    judge_power,
    last_test_passed,
    measurement_is_bad,
)
from submission.checks.official.rows import rows_of
from submission.checks.official.run import judge_run
from submission.checks.result_facts import ResultFacts
from submission.checks.results import OfficialVerdict
from submission.loadgen import Document, Unreadable
from submission.policy import Policy
from submission.terms import AnomalyKind
from submission.tree.grammar import scenario_of

# what the official checker calls an anomaly for which it refuses a submitter
ANOMALIES = {
    AnomalyKind.FILE_LINK: "symbolic links",
    AnomalyKind.LARGE: "files over 50 MB",
    AnomalyKind.DOT: "names with a leading dot",
    AnomalyKind.BLANK: "names with blanks",
    AnomalyKind.CACHE: "__pycache__ folders",
    AnomalyKind.EMPTY: "empty folders",
}


@dataclass(frozen=True, kw_only=True)
class OfficialResult:
    """The official verdict on one result folder.

    ``value`` is the text printed for it, ``refused_paths`` are folders listed as NoResults beside
    it. ``errors`` counts the errors of its benchmark up to and including it. A refused result that
    is not ``listed`` has no line of its own, but makes the exit code 1.
    """

    verdict: OfficialVerdict
    reason: str | None = None
    value: str | None = None
    rows: tuple[tuple[str, ...], ...] = ()
    refused_paths: tuple[str, ...] = ()
    errors: int = 0
    performance_valid: bool = False
    listed: bool = True


def judge_submitter(facts: SubmitterFacts, policy: Policy) -> str | None:
    """Why the whole folder of a submitter is refused, None if it is not; raises CrashError."""
    for kind in policy.official.folder_checks:
        if facts.anomalies.of(kind):
            return f"{ANOMALIES[kind]}, the first: {facts.anomalies.of(kind)[0].path}"
    if isinstance(facts.mapping, Unreadable):
        raise CrashError(f"{facts.mapping_path}: {facts.mapping.why}")
    if isinstance(facts.mapping, Document) and facts.mapping.has_bom:
        raise CrashError(f"{facts.mapping_path} begins with a byte order mark")
    return None


def judge_system(facts: SystemFacts, policy: Policy) -> str | None:
    """Why all results of a system are refused, None if they are not; raises CrashError."""
    if facts.document is None:
        if facts.is_folder:
            raise CrashError(f"{facts.path} is a folder")
        return "no system description"
    if isinstance(facts.document, Unreadable):
        raise CrashError(f"{facts.path}: {facts.document.why}")
    if facts.document.has_bom:
        raise CrashError(f"{facts.path} begins with a byte order mark")
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
    mode = {"network": True, "closed": False}.get(facts.division)
    if mode is not None and mode is not facts.is_network:
        reasons.append("network mode is not that of the division")
    if submitter.lower() != facts.submitter.submitter.lower():
        reasons.append("submitter is not that of the folder")
    if facts.fields.get("division") != facts.division:
        reasons.append("division is not that of the folder")
    return "; ".join(reasons) or None


def judge_benchmark(facts: BenchmarkFacts, policy: Policy) -> str | None:
    """Why a benchmark folder is refused, None if it is not."""
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
    name = policy.resolve(facts.resolution.benchmark).benchmark
    required = policy.required(facts.system.system_type, name) or frozenset()
    missing = sorted(required - {scenario_of(folder) for folder in valid})
    if facts.division == "open" or not missing:
        return None
    return f"not all required scenarios, missing {', '.join(missing)}"


def judge_result(facts: ResultFacts, policy: Policy, errors_before: int) -> OfficialResult:
    """The verdict on a scenario folder; ``errors_before`` counts those of its benchmark so far."""
    try:
        return _judge_result(facts, policy, errors_before)
    except CrashError as crash:
        return OfficialResult(verdict=OfficialVerdict.CRASH, reason=str(crash))


def _judge_result(facts: ResultFacts, policy: Policy, errors: int) -> OfficialResult:
    if foreign := _foreign_scenario(facts, policy):
        return _refused(foreign, errors)
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
        refused = _refused(why, errors, refused_paths, performance_valid=ran)
        return replace(refused, listed=bool(reasons))
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
    return OfficialResult(
        verdict=OfficialVerdict.OK,
        value=shown,
        rows=rows,
        refused_paths=refused_paths,
        errors=errors,
        performance_valid=True,
        reason="the measurements folder is missing" if refused_paths else None,
    )


def _compliance(facts: ResultFacts, policy: Policy, reasons: list[str]) -> int:
    """The compliance column, 1 or 0; adds to ``reasons`` why it is 0."""
    terms = facts.benchmark.terms
    if facts.division == "open" or (terms is not None and not terms.compliance_tests):
        return 1
    if facts.benchmark.system.submitter.options.skip_compliance:
        return 0
    if not policy.official.compliance_refuses:
        return int(last_test_passed(facts))
    why = judge_compliance(facts, policy)
    reasons += [f"compliance: {why}"] if why else []
    return 0 if why else 1


def _foreign_scenario(facts: ResultFacts, policy: Policy) -> str | None:
    if facts.division == "open":
        return None
    kind = facts.benchmark.system.system_type
    name = policy.resolve(facts.benchmark.resolution.benchmark).benchmark
    allowed = (policy.required(kind, name) or frozenset()) | policy.optional(kind, name)
    if facts.scenario in allowed:
        return None
    return f"scenario {facts.scenario_folder} is neither required nor optional"


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


def _refused(
    reason: str, errors: int, paths: tuple[str, ...] = (), *, performance_valid: bool = False
) -> OfficialResult:
    return OfficialResult(
        verdict=OfficialVerdict.REFUSED,
        reason=reason,
        refused_paths=paths,
        errors=errors,
        performance_valid=performance_valid,
    )
