"""SYS: systems/<system_desc_id>.json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from submission.checks.facts import SystemFacts
from submission.checks.model import Breach, Counterpart, Rule, Scope, Severity
from submission.checks.words import did_you_mean, listed, shown
from submission.logs import Document, Unreadable
from submission.policy import Policy

FIELDS = "submission_rules.adoc, section 'System description', <system_desc_id>.json"
LAYOUT = "submission_rules.adoc, section 'Submission', directory structure"
# A count of virtual CPUs may stand for a count of cores (cloud systems)
ALTERNATIVES = {"host_processor_core_count": "host_processor_vcpu_count"}
# The official checker glues these into a CSV row with a plus sign: anything but text stops it
GLUED = ("host_processor_model_name", "accelerator_model_name", "system_name")
GLUED_IF_PRESENT = ("framework", "operating_system", "hw_notes", "sw_notes")
CSV_FIELDS = (*GLUED, *GLUED_IF_PRESENT, "number_of_nodes", "host_processors_per_node")


def _missing(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    if facts.document is None:
        found = "a folder of that name" if facts.is_folder else "no such file"
        yield Breach(at=facts.path, found=found, expected="the description of the system")


def _readable(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    if isinstance(facts.document, Unreadable):
        yield Breach(at=facts.path, found=facts.document.why, expected="a JSON object")


def _byte_order_mark(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    if isinstance(facts.document, Document) and facts.document.has_bom:
        yield Breach(at=facts.path, line=1, found="a byte order mark", expected="plain UTF-8")


def _repeated(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    if isinstance(facts.document, Document):
        for key in facts.document.repeated:
            yield _at(facts, key, found="written twice; the last one counts", expected="once")


def _required(facts: SystemFacts, policy: Policy) -> Iterator[Breach]:
    fields = policy.system_fields
    names = (*fields.required, *(fields.network if facts.is_network else ()))
    for name in names:
        if name not in facts.fields and ALTERNATIVES.get(name) not in facts.fields:
            near = did_you_mean(name, set(facts.fields) - set(names))
            yield Breach(at=facts.path, key=name, found=f"no such field{near}", expected="a value")


def _meaningful(facts: SystemFacts, policy: Policy) -> Iterator[Breach]:
    for name in policy.system_fields.meaningful:
        if name in facts.fields and _is_empty(facts.fields[name]):
            yield _at(facts, name, found="empty", expected="a meaningful response, or N/A")


def _unknown(facts: SystemFacts, policy: Policy) -> Iterator[Breach]:
    fields = policy.system_fields
    known = {*fields.required, *fields.power, *fields.accepted}
    known |= set(fields.network) if facts.is_network else set()
    for name in facts.fields:
        if name not in known:
            missing = known - set(facts.fields)
            near = did_you_mean(name, missing)
            yield _at(facts, name, found="an unknown field", expected=f"known fields{near}")


def _status(facts: SystemFacts, policy: Policy) -> Iterator[Breach]:
    value = facts.fields.get("status")
    if not isinstance(value, str) or value.lower() not in policy.statuses:
        near = did_you_mean(value.lower(), policy.statuses) if isinstance(value, str) else ""
        yield _at(
            facts,
            "status",
            found=_value(facts, "status"),
            expected=f"{listed(policy.statuses)}{near}",
        )


def _system_type(facts: SystemFacts, policy: Policy) -> Iterator[Breach]:
    if facts.system_type not in policy.system_types:
        near = did_you_mean(facts.system_type, policy.system_types)
        yield _at(
            facts,
            "system_type",
            found=_value(facts, "system_type"),
            expected=f"one of {', '.join(map(repr, policy.system_types))}{near}",
        )


def _submitter(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    value, folder = facts.fields.get("submitter"), facts.submitter.submitter
    if "submitter" in facts.fields and (
        not isinstance(value, str) or value.lower() != folder.lower()
    ):
        yield _at(facts, "submitter", found=_value(facts, "submitter"), expected=shown(folder))


def _division(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    if "division" in facts.fields and facts.fields["division"] != facts.division:
        yield _at(facts, "division", found=_value(facts, "division"), expected=facts.division)


def _network_mode(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    wanted = {"network": True, "closed": False}.get(facts.division)
    if wanted is not None and facts.is_network is not wanted:
        yield _at(
            facts,
            "is_network",
            found=_value(facts, "is_network"),
            expected='"true"' if wanted else '"false", or no such field',
        )


def _network_text(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    value = facts.fields.get("is_network")
    if "is_network" in facts.fields and not isinstance(value, str | None):
        yield _at(
            facts,
            "is_network",
            found=_value(facts, "is_network"),
            expected='the text "true" or "false"',
        )


def _text_fields(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    for name in (*GLUED, *GLUED_IF_PRESENT):
        if name in facts.fields and not isinstance(facts.fields[name], str):
            yield _at(facts, name, found=_value(facts, name), expected="text")


def _other_types(facts: SystemFacts, policy: Policy) -> Iterator[Breach]:
    for name in policy.system_fields.required:
        value = facts.fields.get(name, "")
        if name not in (*GLUED, *GLUED_IF_PRESENT, "is_network") and isinstance(value, dict | list):
            yield _at(facts, name, found=_value(facts, name), expected="text or a number")


def _csv_hazard(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    for name in CSV_FIELDS:
        value = facts.fields.get(name)
        if not isinstance(value, str):
            continue
        bare = name in ("number_of_nodes", "host_processors_per_node")
        if any(mark in value for mark in ('"', "\n", "\r")) or (bare and "," in value):
            yield _at(
                facts,
                name,
                found=_value(facts, name),
                expected="no quotes or line ends" + (", no commas" if bare else ""),
            )


def _at(facts: SystemFacts, key: str, *, found: str, expected: str) -> Breach:
    return Breach(at=facts.path, key=key, line=facts.line_of(key), found=found, expected=expected)


def _value(facts: SystemFacts, key: str) -> str:
    return shown(repr(facts.fields[key])) if key in facts.fields else "no such field"


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


_READ = frozenset({"SYS001", "SYS002"})

RULES = (
    Rule(
        id="SYS001",
        title="Every system with results has a description",
        scope=Scope.SYSTEM,
        reference=LAYOUT,
        hint="write systems/<system>.json; the name is that of the folder in results/",
        test=_missing,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="SYS002",
        title="A system description is a JSON object",
        scope=Scope.SYSTEM,
        reference=FIELDS,
        hint="repair the file; the official checker stops with a traceback at it",
        requires=frozenset({"SYS001"}),
        test=_readable,
        official=Counterpart.CRASHES,
    ),
    Rule(
        id="SYS003",
        title="A system description begins without a byte order mark",
        scope=Scope.SYSTEM,
        reference=FIELDS,
        hint="save the file as plain UTF-8",
        requires=_READ,
        test=_byte_order_mark,
        official=Counterpart.CRASHES,
    ),
    Rule(
        id="SYS004",
        title="A field is written once",
        scope=Scope.SYSTEM,
        severity=Severity.WARNING,
        reference=FIELDS,
        hint="remove all but the right one",
        requires=_READ,
        test=_repeated,
    ),
    Rule(
        id="SYS005",
        title="The required fields are there",
        scope=Scope.SYSTEM,
        reference=FIELDS,
        hint="add the field; write N/A where there is nothing to say",
        requires=_READ,
        test=_required,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="SYS006",
        title="Fields that describe the system say something",
        scope=Scope.SYSTEM,
        severity=Severity.WARNING,
        reference=FIELDS + " (meaningful response required)",
        hint="fill the field in, or write N/A",
        requires=_READ,
        test=_meaningful,
    ),
    Rule(
        id="SYS007",
        title="Fields are known",
        scope=Scope.SYSTEM,
        severity=Severity.WARNING,
        reference=FIELDS,
        hint="correct the spelling, or move the text to hw_notes or sw_notes",
        requires=_READ,
        test=_unknown,
        official=Counterpart.WARNS,
    ),
    Rule(
        id="SYS008",
        title="The status is one of the round",
        scope=Scope.SYSTEM,
        reference="submission_rules.adoc, section 'System status'",
        hint="write available, preview or rdi",
        requires=_READ,
        test=_status,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="SYS009",
        title="The category is datacenter, edge or both",
        scope=Scope.SYSTEM,
        reference=FIELDS,
        hint="write it exactly so, in lower case and without blanks",
        requires=_READ,
        test=_system_type,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="SYS010",
        title="The description names the submitter of its folder",
        scope=Scope.SYSTEM,
        reference=FIELDS,
        hint="correct the field or the name of the folder",
        requires=_READ,
        test=_submitter,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="SYS011",
        title="The description names the division of its folder",
        scope=Scope.SYSTEM,
        reference=FIELDS,
        hint="correct the field or move the submission",
        requires=_READ,
        test=_division,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="SYS012",
        title="A network system is in the network division, another is not",
        scope=Scope.SYSTEM,
        reference="inference_rules.adoc, section 'Network division'",
        hint="correct is_network or move the submission",
        requires=_READ,
        test=_network_mode,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="SYS013",
        title="is_network is written as text",
        scope=Scope.SYSTEM,
        reference=FIELDS,
        hint="put it in quotes; the official checker stops with a traceback otherwise",
        requires=_READ,
        test=_network_text,
        official=Counterpart.CRASHES,
    ),
    Rule(
        id="SYS014",
        title="Names and notes are text",
        scope=Scope.SYSTEM,
        reference=FIELDS,
        hint="put the value in quotes; the official checker stops with a traceback otherwise",
        requires=_READ,
        test=_text_fields,
        official=Counterpart.CRASHES,
    ),
    Rule(
        id="SYS015",
        title="A field holds one value",
        scope=Scope.SYSTEM,
        severity=Severity.WARNING,
        reference=FIELDS,
        hint="write the list as one text",
        requires=_READ,
        test=_other_types,
    ),
    Rule(
        id="SYS016",
        title="No field breaks the results table",
        scope=Scope.SYSTEM,
        severity=Severity.WARNING,
        reference="summary.csv of the round (fields are not escaped there)",
        hint="leave out quotes and line ends; ours is quoted, the official table is not",
        requires=_READ,
        test=_csv_hazard,
    ),
)
