"""The official results table: a row for each result, and one more for its power."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from submission.checks.official.parts import CrashError
from submission.checks.result_facts import ResultFacts
from submission.loadgen import Document, Nameplate
from submission.loadgen.nameplate import NO_WATTS
from submission.policy import Policy
from submission.tree.grammar import PERFORMANCE_RUN

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
    fields = facts.benchmark.system.fields
    alone = power > 0 and policy.official.power_only and _true(fields.get("system_power_only"))
    results = [] if alone else [(value, unit_of(facts, policy))]
    results += [(power, unit.power_unit)] if power > 0 else []
    cells = _system_cells(facts, policy) | {
        "weight_data_types": data_types(facts),
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


def package_rows(
    facts: ResultFacts,
    policy: Policy,
    *,
    value: Any,
    accuracy: str | None,
    inferred: bool,
    power: float | None,
) -> tuple[tuple[str, ...], ...]:
    """The rows as the package writes them; raises CrashError where it cannot."""
    if facts.scenario is None:
        raise CrashError(f"no unit is known for the scenario {facts.scenario_folder}")
    fields = facts.benchmark.system.fields
    try:
        nodes, each = int(fields["number_of_nodes"]), int(fields["accelerators_per_node"])
        system = {n: str(fields[n]) for n in (*TEXTS, *COUNTS, "framework", "operating_system")}
        system |= {
            "SystemName": str(fields["system_name"]),
            "SystemType": str(fields["system_type"]),
        }
        availability = str(fields["status"])
    except (KeyError, TypeError, ValueError) as error:
        raise CrashError(f"the table cannot be written: {error!r}") from None
    cells = system | {
        "Organization": facts.benchmark.system.submitter.submitter,
        "Availability": availability,
        "Division": facts.division,
        "Platform": facts.benchmark.system.system,
        "Model": facts.benchmark.folder,
        "MlperfModel": facts.benchmark.resolution.benchmark,
        "Scenario": facts.scenario_folder,
        "Accuracy": str(accuracy),
        "total_accelerators": str(nodes * each),
        "Location": f"./{facts.path}/{PERFORMANCE_RUN}",
        "notes": _notes(fields, policy),
        "compliance": facts.division,
        "errors": "0",
        "version": policy.round,
        "inferred": str(int(inferred)),
        "has_power": str(power is not None),
        "weight_data_types": _types_as_written(facts),
        "design_power_watts": _design_power(facts, policy),
        "PrivateID": "",
    }
    results = [(value, unit_of(facts, policy))]
    results += [(power, policy.scenarios[facts.scenario].power_unit)] if power is not None else []
    return tuple(_row(policy, cells | {"Result": str(v), "Units": u}) for v, u in results)


def _design_power(facts: ResultFacts, policy: Policy) -> str:
    """The design power of a system whose power was measured; a round without it has no text."""
    if not policy.official.design_power:
        return ""
    system = facts.benchmark.system
    if facts.power is None:
        return str(None)
    if "system_power_capacity" in system.fields:
        return str(system.fields["system_power_capacity"])
    if not isinstance(system.nameplate, Nameplate):
        return str(None)
    try:
        return str(system.nameplate.watts())
    except NO_WATTS:
        return str(None)


def _types_as_written(facts: ResultFacts) -> str:
    document = facts.measurement.document
    value = document.value.get("weight_data_types") if isinstance(document, Document) else None
    return str(value)


def unit_of(facts: ResultFacts, policy: Policy) -> str:
    """The unit of a result by the official table."""
    assert facts.scenario is not None
    terms = facts.benchmark.terms
    own = terms.result_units.get(facts.scenario) if terms and policy.official.by_benchmark else None
    return own or policy.scenarios[facts.scenario].result_unit


def data_types(facts: ResultFacts) -> str:
    """weight_data_types of the description, with single quotes only."""
    document = facts.measurement.document
    value = document.value.get("weight_data_types") if isinstance(document, Document) else None
    return str(value).replace('"', "'")


def _true(value: Any) -> bool:
    return value.lower() == "true" if isinstance(value, str) else bool(value)


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
