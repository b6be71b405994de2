"""The official results table: a row for each result, and one more for its power."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from submission.checks.official.parts import CrashError
from submission.checks.result_facts import ResultFacts
from submission.policy import Policy

# fields of the system description that are columns, too
TEXTS = ("host_processor_model_name", "accelerator_model_name")
COUNTS = (
    "number_of_nodes",
    "host_processors_per_node",
    "host_processor_core_count",
    "accelerators_per_node",
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
    results = [(value, unit.result_unit)]
    results += [(power, unit.power_unit)] if power > 0 else []
    cells = _system_cells(facts, policy) | {
        "Model": facts.benchmark.folder,
        "MlperfModel": facts.benchmark.resolution.benchmark,
        "Scenario": str(facts.scenario),
        "Accuracy": str(accuracy),
        "Location": facts.path,
        "compliance": str(compliance),
        "errors": str(errors),
        "version": policy.round,
        "inferred": str(int(inferred)),
        "has_power": str(power > 0),
    }
    return tuple(_row(policy, cells | {"Result": str(v), "Units": u}) for v, u in results)


def _row(policy: Policy, cells: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(cells[name] for name in policy.official.columns)


def _system_cells(facts: ResultFacts, policy: Policy) -> dict[str, str]:
    """What the table says of the system, by column."""
    system = facts.benchmark.system
    fields = system.fields
    cells = {
        "Organization": system.submitter.submitter,
        "Availability": str(fields.get("status")).lower(),
        "Division": facts.division,
        "SystemType": system.system_type,
        "SystemName": _text(fields, "system_name"),
        "Platform": system.system,
        "framework": _text(fields, "framework", ""),
        "operating_system": _text(fields, "operating_system", ""),
        "notes": _notes(fields, policy),
    }
    cells |= {name: _text(fields, name) for name in TEXTS}
    return cells | {name: str(fields.get(name)) for name in COUNTS}


def _text(fields: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str):
        raise CrashError(f"{name} is not text, so no row can be written")
    return value


def _notes(fields: Mapping[str, Any], policy: Policy) -> str:
    notes = fields.get("hw_notes", "")
    if fields.get("sw_notes"):
        notes = f"{notes}. " if notes or policy.official.dots_empty_notes else ""
        notes += _text(fields, "sw_notes")
    if not isinstance(notes, str):
        raise CrashError("hw_notes is not text, so no row can be written")
    return notes
