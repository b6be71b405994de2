"""The official results table: a row for each result, and one more for its power."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from submission.checks.official.parts import CrashError
from submission.checks.result_facts import ResultFacts
from submission.policy import Policy

HEADER = (
    "Organization",
    "Availability",
    "Division",
    "SystemType",
    "SystemName",
    "Platform",
    "Model",
    "MlperfModel",
    "Scenario",
    "Result",
    "Accuracy",
    "number_of_nodes",
    "host_processor_model_name",
    "host_processors_per_node",
    "host_processor_core_count",
    "accelerator_model_name",
    "accelerators_per_node",
    "Location",
    "framework",
    "operating_system",
    "notes",
    "compliance",
    "errors",
    "version",
    "inferred",
    "has_power",
    "Units",
)


def rows_of(
    facts: ResultFacts,
    policy: Policy,
    *,
    value: Any,
    accuracy: str | None,
    compliance: int,
    errors: int,
    inferred: bool,
    power: float,
) -> tuple[tuple[str, ...], ...]:
    """The rows of a result; raises CrashError where the official checker cannot write them."""
    if facts.scenario is None:
        raise CrashError(f"no unit is known for the scenario {facts.scenario_folder}")
    unit = policy.scenarios[facts.scenario]
    fields = facts.benchmark.system.fields
    results = [(value, unit.result_unit)]
    results += [(power, unit.power_unit)] if power > 0 else []
    ends = (str(compliance), str(errors), policy.round, str(int(inferred)), str(power > 0))
    return tuple(
        (
            *_names(facts, fields),
            str(result),
            str(accuracy),
            *_machine(fields),
            facts.path,
            _text(fields, "framework", ""),
            _text(fields, "operating_system", ""),
            _notes(fields),
            *ends,
            units,
        )
        for result, units in results
    )


def _names(facts: ResultFacts, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns from Organization to Scenario."""
    system = facts.benchmark.system
    return (
        system.submitter.submitter,
        str(fields.get("status")).lower(),
        facts.division,
        system.system_type,
        _text(fields, "system_name"),
        system.system,
        facts.benchmark.folder,
        facts.benchmark.resolution.benchmark,
        str(facts.scenario),
    )


def _machine(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns from number_of_nodes to accelerators_per_node."""
    return (
        str(fields.get("number_of_nodes")),
        _text(fields, "host_processor_model_name"),
        str(fields.get("host_processors_per_node")),
        str(fields.get("host_processor_core_count")),
        _text(fields, "accelerator_model_name"),
        str(fields.get("accelerators_per_node")),
    )


def _text(fields: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str):
        raise CrashError(f"{name} is not text, so no row can be written")
    return value


def _notes(fields: Mapping[str, Any]) -> str:
    notes = fields.get("hw_notes", "")
    if fields.get("sw_notes"):
        notes = f"{notes}. " if notes else ""
        notes += _text(fields, "sw_notes")
    if not isinstance(notes, str):
        raise CrashError("hw_notes is not text, so no row can be written")
    return notes
