"""SYS: the fields of a system description: are they there, known and of their type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from submission.checks.facts import SystemFacts
from submission.checks.model import Breach, Counterpart, Scope, Severity, rule
from submission.checks.rules.places import field_breach, field_value
from submission.checks.rules.references import SYSTEM_FIELDS
from submission.checks.rules.requirements import SYSTEM_READ
from submission.checks.words import suggested
from submission.loadgen import Document
from submission.policy import Policy

# Fields whose rules (SYS008, SYS009, SYS012) say that they are missing, too
JUDGED_APART = ("status", "system_type", "is_network")


@rule(
    id="SYS004",
    title="A field is written once",
    fault="A field is written twice",
    scope=Scope.SYSTEM,
    severity=Severity.WARNING,
    reference=SYSTEM_FIELDS,
    hint="remove all but the right one",
    requires=SYSTEM_READ,
)
def _repeated(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    if isinstance(facts.document, Document):
        for key in facts.document.repeated:
            yield field_breach(
                facts, key, found="written twice; the last one counts", expected="once"
            )


@rule(
    id="SYS005",
    title="The required fields are there",
    fault="A required field is missing",
    scope=Scope.SYSTEM,
    reference=SYSTEM_FIELDS,
    hint="add the field; write N/A where there is nothing to say",
    requires=SYSTEM_READ,
    official=Counterpart.REFUSES,
)
def _required(facts: SystemFacts, policy: Policy) -> Iterator[Breach]:
    fields = policy.system_fields
    names = (*fields.required, *(fields.network if facts.is_network else ()))
    for name in names:
        if name in JUDGED_APART:
            continue
        if name not in facts.fields and fields.alternatives.get(name) not in facts.fields:
            near = suggested(name, set(facts.fields) - set(names))
            yield Breach(at=facts.path, key=name, found=f"no such field{near}", expected="a value")


@rule(
    id="SYS006",
    title="Fields that describe the system say something",
    fault="A field that describes the system is not filled in",
    scope=Scope.SYSTEM,
    severity=Severity.WARNING,
    reference=SYSTEM_FIELDS + " (meaningful response required)",
    hint="fill the field in, or write N/A",
    requires=SYSTEM_READ,
)
def _meaningful(facts: SystemFacts, policy: Policy) -> Iterator[Breach]:
    for name in policy.system_fields.meaningful:
        if name in facts.fields and is_empty(facts.fields[name], policy):
            said = field_value(facts, name) if facts.fields[name] else "empty"
            yield field_breach(facts, name, found=said, expected="a meaningful response, or N/A")


@rule(
    id="SYS007",
    title="Fields are known",
    fault="A field is not known",
    scope=Scope.SYSTEM,
    severity=Severity.WARNING,
    reference=SYSTEM_FIELDS,
    hint="correct the spelling, or move the text to hw_notes or sw_notes",
    requires=SYSTEM_READ,
    official=Counterpart.WARNS,
)
def _unknown(facts: SystemFacts, policy: Policy) -> Iterator[Breach]:
    fields = policy.system_fields
    known = {*fields.required, *fields.power, *fields.accepted}
    known |= set(fields.network) if facts.is_network else set()
    for name in facts.fields:
        if name not in known:
            missing = known - set(facts.fields)
            near = suggested(name, missing)
            yield field_breach(
                facts, name, found="an unknown field", expected=f"known fields{near}"
            )


@rule(
    id="SYS014",
    title="Names and notes are text",
    fault="A name or a note is not text",
    scope=Scope.SYSTEM,
    reference=SYSTEM_FIELDS,
    hint="put the value in quotes; the official checker stops with a traceback otherwise",
    requires=SYSTEM_READ,
    official=Counterpart.CRASHES,
)
def _text_fields(facts: SystemFacts, policy: Policy) -> Iterator[Breach]:
    for name in policy.system_fields.texts:
        if name in facts.fields and not isinstance(facts.fields[name], str):
            yield field_breach(facts, name, found=field_value(facts, name), expected="text")


@rule(
    id="SYS015",
    title="A field holds one value",
    fault="A field holds several values",
    scope=Scope.SYSTEM,
    severity=Severity.WARNING,
    reference=SYSTEM_FIELDS,
    hint="write the list as one text",
    requires=SYSTEM_READ,
)
def _other_types(facts: SystemFacts, policy: Policy) -> Iterator[Breach]:
    for name in policy.system_fields.required:
        value = facts.fields.get(name, "")
        judged_apart = (*policy.system_fields.texts, "is_network")
        if name not in judged_apart and isinstance(value, dict | list):
            yield field_breach(
                facts, name, found=field_value(facts, name), expected="text or a number"
            )


@rule(
    id="SYS016",
    title="No field breaks the results table",
    fault="A field breaks the results table",
    scope=Scope.SYSTEM,
    severity=Severity.WARNING,
    reference="summary.csv of the round (fields are not escaped there)",
    hint="leave out quotes and line ends; ours is quoted, the official table is not",
    requires=SYSTEM_READ,
)
def _csv_hazard(facts: SystemFacts, policy: Policy) -> Iterator[Breach]:
    fields = policy.system_fields
    for name in (*fields.texts, *fields.unquoted):
        value = facts.fields.get(name)
        if not isinstance(value, str):
            continue
        bare = name in fields.unquoted
        if any(mark in value for mark in ('"', "\n", "\r")) or (bare and "," in value):
            yield field_breach(
                facts,
                name,
                found=field_value(facts, name),
                expected="no quotes or line ends" + (", no commas" if bare else ""),
            )


@rule(
    id="SYS017",
    title="Counts are numbers",
    fault="A count is not a number",
    scope=Scope.SYSTEM,
    severity=Severity.NOTE,
    reference=SYSTEM_FIELDS,
    hint="write the number alone; the rest belongs in hw_notes",
    requires=SYSTEM_READ,
)
def _counts(facts: SystemFacts, policy: Policy) -> Iterator[Breach]:
    for name in policy.system_fields.counts:
        value = facts.fields.get(name, 0)
        text = str(value).strip()
        if not isinstance(value, dict | list) and text and not text.isdecimal():
            yield field_breach(
                facts, name, found=field_value(facts, name), expected="a whole number"
            )


def is_empty(value: Any, policy: Policy) -> bool:
    """Whether a field says nothing: empty, of blanks, or a word that stands for work to be done."""
    if isinstance(value, str):
        return value.strip().casefold() in policy.placeholder_words
    return value is None or (isinstance(value, list | dict) and not value)
