"""The official verdict on a result where thresholds, files and measurements refuse it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from submission.checks.facts import SystemFacts
from submission.checks.official.outcome import OfficialResult, accepted, refused
from submission.checks.official.parts import (
    CrashError,
    differs,
    judge_accuracy,
    judge_compliance,
    judge_power,
    measurement_is_bad,
)
from submission.checks.official.rows import rows_of
from submission.checks.official.run import judge_run, parsed
from submission.checks.power_papers import reported_sizes
from submission.checks.result_facts import ResultFacts
from submission.loadgen import Conf, Document
from submission.policy import Policy
from submission.terms import Scenario

EQUAL_ISSUE = "sample_concatenate_permutation"
MILLI = 1000


def broken_fields(facts: SystemFacts, policy: Policy) -> list[str]:
    """Fields of the system description that say nothing."""
    if facts.submitter.options.skip_empty_fields:
        return []
    fields = policy.system_fields
    wanted = (*fields.required, *(fields.network if facts.is_network else ()))
    return [
        f"field {name} is empty"
        for name in wanted
        if name in fields.meaningful and name in facts.fields and not facts.fields[name]
    ]


def judge_strictly(facts: ResultFacts, policy: Policy, errors: int) -> OfficialResult:
    """The verdict on a scenario folder; raises CrashError."""
    if foreign := foreign_scenario(facts, policy):
        return refused(foreign, errors + 1)
    if why := _measurements(facts, policy):
        return refused(why, errors + 1, (facts.measurement.folder,))
    optional = policy.files.anywhere_optional
    if facts.accuracy.text is None and facts.benchmark.terms is not None:
        return refused("accuracy.txt is missing", errors + 1)
    if differs(facts.accuracy.files, policy.files.accuracy, optional):
        return refused("the files of accuracy are not the required ones", errors + 1)
    if facts.benchmark.terms is None:
        raise CrashError(f"no accuracy target is known for {facts.benchmark.resolution.benchmark}")
    accuracy = judge_accuracy(facts, policy)
    wanting = [] if accuracy.valid else [accuracy.reason or "the accuracy is not valid"]
    if missing := missing_accuracy_files(facts):
        wanting += [] if facts.division == "open" else [missing]
    errors += bool(wanting)
    reasons, value, shown, power, inferred = _performance(facts, policy)
    ran = not reasons
    errors += bool(reasons) and facts.performance is not None and facts.performance.exists
    compliance = _compliance(facts, policy, reasons)
    if reasons or wanting or not value:
        why = "; ".join([*reasons, *wanting]) or "a result of 0 counts as none"
        found = refused(why, errors, performance_valid=ran)
        return replace(found, listed=bool(reasons or wanting))
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
    return accepted(shown, rows, errors)


def foreign_scenario(facts: ResultFacts, policy: Policy) -> str | None:
    """Why the scenario is none of the benchmark's, None if it is; open may have any."""
    if facts.division == "open":
        return None
    kind = facts.benchmark.system.system_type
    name = policy.resolve(facts.benchmark.resolution.benchmark).benchmark
    allowed = (policy.required(kind, name) or frozenset()) | policy.optional(kind, name)
    if facts.scenario in allowed:
        return None
    return f"scenario {facts.scenario_folder} is neither required nor optional"


def missing_accuracy_files(facts: ResultFacts) -> str | None:
    """Which file lacks that the benchmark asks for in a folder of accuracy/; None if none does."""
    terms = facts.benchmark.terms
    if facts.options.skip_accuracy_files:
        return None
    for folder, stems in (terms.accuracy_files if terms is not None else {}).items():
        there = facts.accuracy_folders.get(folder)
        if there is None:
            return f"accuracy/{folder} is missing"
        found = {name.split(".")[0] for name in there}
        if missing := [stem for stem in stems if stem not in found]:
            return f"{folder}/{missing[0]} is missing"
    return None


def _measurements(facts: ResultFacts, policy: Policy) -> str | None:
    """Why the measurements folder refuses the result; raises CrashError."""
    found = facts.measurement
    if not found.exists:
        return "the measurements folder is missing"
    _crash_at_description(facts, policy)
    if measurement_is_bad(facts, policy):
        return "the measurements folder has issues"
    options = facts.options
    empty_files = any(found.files.get(name) == 0 for name in policy.files.measurements)
    if empty_files and not options.skip_empty_files:
        return "a file of the measurements folder is empty"
    fields = found.document.value if isinstance(found.document, Document) else {}
    empty = [name for name in policy.measurement_fields if not fields.get(name)]
    if empty and not options.skip_empty_fields:
        return f"field {empty[0]} is empty"
    if facts.power is None or options.skip_power_files:
        return None
    return _power_files(facts, policy)


def _crash_at_description(facts: ResultFacts, policy: Policy) -> None:
    """Raise CrashError where the description of the measurement ends in a traceback."""
    found = facts.measurement
    document = found.document
    if found.json_name is None and policy.official.equal_issue_in_conf:
        raise CrashError("an unset variable, for want of a description of the measurement")
    if not policy.official.data_types or not isinstance(document, Document):
        return
    if "weight_data_types" not in document.value:
        raise CrashError(f"{found.json_name}: weight_data_types is missing")


def _power_files(facts: ResultFacts, policy: Policy) -> str | None:
    """Files that a power result needs in its measurements, or in a folder of them above."""
    for start, size in reported_sizes(facts, policy).items():
        if size is None or (size == 0 and not facts.options.skip_empty_files):
            return f"{start}* is missing or empty"
    return None


def _performance(
    facts: ResultFacts, policy: Policy
) -> tuple[list[str], Any, str | None, float, bool]:
    """Why the run is refused; its value, the text of it, its power, whether it is inferred."""
    run = facts.performance
    if run is None or not run.exists:
        if facts.scenario is None:
            raise CrashError(f"no unit is known for the scenario {facts.scenario_folder}")
        return ["performance/run_1 is missing"], None, None, 0.0, False
    files = policy.files
    wanted = (*files.performance, *(files.performance_power if facts.power is not None else ()))
    if differs(run.files, wanted, (*files.performance_optional, *files.anywhere_optional)):
        return ["the files of performance/run_1 are not the required ones"], None, None, 0.0, False
    outcome = judge_run(run, policy)
    reasons = [] if outcome.valid else [outcome.reason or "the run is not valid"]
    if not reasons and not _issues_equally(facts, policy):
        reasons = ["equal issue mode is not set"]
    metric = 0.0
    if facts.power is not None:
        ranging = judge_ranging(facts, policy)
        found, why = judge_power(facts, policy)
        reasons += [text for text in (ranging, why) if text]
        metric = found or 0.0
        if not metric and not reasons:
            reasons = ["power: no power was measured, so there is nothing to divide by"]
    if reasons:
        return reasons, outcome.value, None, 0.0, outcome.inferred
    return [], outcome.value, shown_value(facts, outcome.value, metric), metric, outcome.inferred


def judge_ranging(facts: ResultFacts, policy: Policy) -> str | None:
    """Why the ranging run cannot be read for its result, None if it can."""
    if facts.ranging is None:
        return "the ranging run is missing"
    outcome = judge_run(facts.ranging, policy)
    return f"ranging: {outcome.reason}" if outcome.raised else None


def shown_value(facts: ResultFacts, value: Any, metric: float) -> str:
    """A result as it is printed, with power and efficiency if its power was measured."""
    if facts.power is None:
        return str(value)
    if facts.scenario in (Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM):
        samples = 8 if facts.scenario is Scenario.MULTI_STREAM else 1
        efficiency = samples * MILLI / metric
    else:
        efficiency = value / metric
    return (
        f"{value:f} with power_metric = {metric:f} and"
        f" power_efficiency (samples/J) = {efficiency:f}"
    )


def _issues_equally(facts: ResultFacts, policy: Policy) -> bool:
    """Whether equal issue mode is set where the official checker asks for it."""
    if facts.division == "open" and policy.official.equal_issue_in_conf:
        return True
    name = facts.benchmark.resolution.benchmark
    log = parsed(facts.performance)
    if name not in policy.official.equal_issue or log.get(f"effective_{EQUAL_ISSUE}") is True:
        return True
    # the conf files are asked by the name of the folder, and only for folders of the list
    if not policy.official.equal_issue_in_conf or facts.benchmark.folder not in (
        policy.official.equal_issue
    ):
        return False
    model = facts.benchmark.folder.replace("-99.9", "").replace("-99", "")
    confs = (facts.measurement.mlperf_conf, facts.measurement.user_conf)
    return any(_set_in(conf, model, facts.scenario_folder) for conf in confs)


def _set_in(conf: Any, model: str, scenario: str) -> bool:
    if not isinstance(conf, Conf):
        return False
    return any(
        entry.key == EQUAL_ISSUE
        and entry.model in (model, "*")
        and entry.scenario in (scenario, "*")
        and entry.value == "1"
        for entry in conf.entries
    )


def _compliance(facts: ResultFacts, policy: Policy, reasons: list[str]) -> int:
    """The compliance column, 1 or 0; adds to ``reasons`` why it is 0."""
    if facts.division == "open":
        return 1
    if facts.options.skip_compliance:
        return 0
    if facts.benchmark.terms is not None and not facts.benchmark.terms.compliance_tests:
        return 1
    why = judge_compliance(facts, policy)
    reasons += [f"compliance: {why}"] if why else []
    return 0 if why else 1
