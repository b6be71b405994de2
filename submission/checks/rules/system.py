"""SYS: systems/<system_desc_id>.json."""

from __future__ import annotations

import re
from collections.abc import Iterator

from submission.checks.facts import SystemFacts
from submission.checks.model import Breach, Counterpart, Scope, Severity, rule
from submission.checks.rules.places import field_breach, field_value
from submission.checks.rules.references import SYSTEM_FIELDS, TREE_LAYOUT
from submission.checks.rules.requirements import SYSTEM_READ
from submission.checks.words import listed, shown, suggested
from submission.loadgen import Document, Unreadable
from submission.loadgen.nameplate import NO_WATTS
from submission.policy import Policy
from submission.terms import Division


@rule(
    id="SYS001",
    title="Every system with results has a description",
    fault="A system with results has no description",
    scope=Scope.SYSTEM,
    reference=TREE_LAYOUT,
    hint="write systems/<system>.json; the name is that of the folder in results/",
    official=Counterpart.REFUSES,
)
def _missing(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    if facts.document is None:
        found = "a folder of that name" if facts.is_folder else "no such file"
        yield Breach(at=facts.path, found=found, expected="the description of the system")


@rule(
    id="SYS002",
    title="A system description is a JSON object",
    fault="The system description is not a JSON object",
    scope=Scope.SYSTEM,
    reference=SYSTEM_FIELDS,
    hint="fix the file; the official checker stops with a traceback at it",
    requires={"SYS001"},
    official=Counterpart.CRASHES,
)
def _readable(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    if isinstance(facts.document, Unreadable):
        yield Breach(at=facts.path, found=facts.document.why, expected="a JSON object")


@rule(
    id="SYS003",
    title="A system description begins without a byte order mark",
    fault="The system description begins with a byte order mark",
    scope=Scope.SYSTEM,
    reference=SYSTEM_FIELDS,
    hint="save the file as plain UTF-8",
    requires=SYSTEM_READ,
    official=Counterpart.CRASHES,
)
def _byte_order_mark(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    if isinstance(facts.document, Document) and facts.document.has_bom:
        yield Breach(at=facts.path, line=1, found="a byte order mark", expected="plain UTF-8")


@rule(
    id="SYS008",
    title="The status is one of the round",
    fault="The status is not one of the round",
    scope=Scope.SYSTEM,
    reference="submission_rules.adoc, section 'System status'",
    hint="write available, preview or rdi",
    requires=SYSTEM_READ,
    official=Counterpart.REFUSES,
)
def _status(facts: SystemFacts, policy: Policy) -> Iterator[Breach]:
    value = facts.fields.get("status")
    if not isinstance(value, str) or value.lower() not in policy.statuses:
        near = suggested(value.lower(), policy.statuses) if isinstance(value, str) else ""
        yield field_breach(
            facts,
            "status",
            found=field_value(facts, "status"),
            expected=f"{listed(policy.statuses)}{near}",
        )


@rule(
    id="SYS009",
    title="The category is datacenter, edge or both",
    fault="The category is not datacenter, edge or both",
    scope=Scope.SYSTEM,
    reference=SYSTEM_FIELDS,
    hint="write it exactly like that, in lower case and without spaces",
    requires=SYSTEM_READ,
    official=Counterpart.REFUSES,
)
def _system_type(facts: SystemFacts, policy: Policy) -> Iterator[Breach]:
    if facts.system_type not in policy.system_types:
        near = suggested(facts.system_type, policy.system_types)
        yield field_breach(
            facts,
            "system_type",
            found=field_value(facts, "system_type"),
            expected=f"one of {', '.join(map(repr, policy.system_types))}{near}",
        )


@rule(
    id="SYS010",
    title="The description names the submitter of its folder",
    fault="The description names another submitter than its folder",
    scope=Scope.SYSTEM,
    reference=SYSTEM_FIELDS,
    hint="correct the field or the name of the folder",
    requires=SYSTEM_READ,
    official=Counterpart.REFUSES,
)
def _submitter(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    value, folder = facts.fields.get("submitter"), facts.submitter.submitter
    if "submitter" in facts.fields and (
        not isinstance(value, str) or value.lower() != folder.lower()
    ):
        yield field_breach(
            facts, "submitter", found=field_value(facts, "submitter"), expected=shown(folder)
        )


@rule(
    id="SYS011",
    title="The description names the division of its folder",
    fault="The description names another division than its folder",
    scope=Scope.SYSTEM,
    reference=SYSTEM_FIELDS,
    hint="correct the field or move the submission",
    requires=SYSTEM_READ,
    official=Counterpart.REFUSES,
)
def _division(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    value = facts.fields.get("division")
    named = value.lower() if isinstance(value, str) else value
    if "division" in facts.fields and named != facts.division:
        yield field_breach(
            facts, "division", found=field_value(facts, "division"), expected=facts.division
        )


@rule(
    id="SYS012",
    title="A network system is in the network division, another is not",
    fault="A network system is outside of the network division, or another is in it",
    scope=Scope.SYSTEM,
    reference="inference_rules.adoc, section 'Network division'",
    hint="correct is_network or move the submission",
    requires=SYSTEM_READ | {"SYS013"},
    official=Counterpart.REFUSES,
)
def _network_mode(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    wanted = {"network": True, "closed": False}.get(facts.division)
    if wanted is not None and facts.is_network is not wanted:
        yield field_breach(
            facts,
            "is_network",
            found=field_value(facts, "is_network"),
            expected='"true"' if wanted else '"false", or no such field',
        )


@rule(
    id="SYS013",
    title="is_network is written as text",
    fault="is_network is not written as text",
    scope=Scope.SYSTEM,
    reference=SYSTEM_FIELDS,
    hint="put it in quotes; the official checker stops with a traceback otherwise",
    requires=SYSTEM_READ,
    official=Counterpart.CRASHES,
)
def _network_text(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    value = facts.fields.get("is_network")
    if "is_network" in facts.fields and not isinstance(value, str | None):
        yield field_breach(
            facts,
            "is_network",
            found=field_value(facts, "is_network"),
            expected='the text "true" or "false"',
        )


@rule(
    id="SYS018",
    title="The division is written in lower case",
    fault="The division is not written in lower case",
    scope=Scope.SYSTEM,
    severity=Severity.WARNING,
    reference=SYSTEM_FIELDS,
    hint="write it as the folder; the official checker compares the letters",
    requires=SYSTEM_READ | {"SYS011"},
    official=Counterpart.REFUSES,
)
def _division_letters(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    if "division" in facts.fields and facts.fields["division"] != facts.division:
        yield field_breach(
            facts, "division", found=field_value(facts, "division"), expected=facts.division
        )


@rule(
    id="SYS019",
    title="A network system is in the datacenter category",
    fault="A network system is not in the datacenter category",
    scope=Scope.SYSTEM,
    divisions=frozenset({Division.NETWORK}),
    reference="inference_rules.adoc, section 'Network division'",
    hint="write datacenter: the division has no other suite",
    requires=SYSTEM_READ | {"SYS009"},
)
def _network_category(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    if facts.is_edge:
        found = field_value(facts, "system_type")
        yield field_breach(facts, "system_type", found=found, expected="datacenter")


@rule(
    id="SYS020",
    title="The nameplate gives the system's design power",
    fault="The nameplate does not give the design power of the system",
    scope=Scope.SYSTEM,
    severity=Severity.WARNING,
    reference="submission checker of the round, submission_structure.md, section 'Power template'",
    hint="write it as the template, or give system_power_capacity in the system description",
    official=Counterpart.CRASHES,
)
def _nameplate(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    """A nameplate is not asked for; one that cannot be added up says nothing."""
    if facts.nameplate is None:
        return
    if isinstance(facts.nameplate, Unreadable):
        found = facts.nameplate.why
    else:
        try:
            watts = facts.nameplate.watts()
        except NO_WATTS:
            found = "a component whose supplies cannot be added up"
        else:
            if watts > 0:
                return
            found = f"{watts} W"
    yield Breach(at=facts.nameplate_path, found=found, expected="watts of power supplies")


@rule(
    id="SYS021",
    title="The name of a system counts the accelerators that it has",
    fault="The name of the system counts other accelerators",
    scope=Scope.SYSTEM,
    severity=Severity.WARNING,
    reference=SYSTEM_FIELDS,
    hint="correct accelerators_per_node, or the name of the system",
    requires=SYSTEM_READ,
)
def _accelerators(facts: SystemFacts, _policy: Policy) -> Iterator[Breach]:
    """A number before or behind an x beside the accelerator's name: those of a node or of all.

    A machine of which one accelerator was measured may still be named after all of them.
    """
    each, nodes = (_whole(facts.fields.get(key)) for key in (PER_NODE, "number_of_nodes"))
    model = facts.fields.get("accelerator_model_name")
    if each is None or nodes is None or not isinstance(model, str):
        return
    counts = _counted(facts.system, model)
    if len(counts) == 1 and each != 1 and not counts & {each, each * nodes}:
        found = field_value(facts, PER_NODE)
        words = f"{max(counts)}, of all nodes or of one, by the name {shown(facts.system)}"
        yield field_breach(facts, PER_NODE, found=found, expected=words)


PER_NODE = "accelerators_per_node"
_MODEL = re.compile(r"\b(?=[A-Za-z]{0,9}[0-9])(?=[0-9]{0,9}[A-Za-z])[A-Za-z0-9]{2,12}\b")
_SIZES = r"(?:[-_ ](?:SXM\d?|PCIe|NVL\d{0,3}|\d{2,3}GB)){0,3}"


def _whole(value: object) -> int | None:
    """A whole number that may be written as a text."""
    text = str(value) if type(value) in (int, str) else ""
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else None


def _counted(system: str, model: str) -> set[int]:
    """The numbers of accelerators in the name of a system; none where it counts several."""
    name = _MODEL.search(model[:200])
    if name is None or name[0].casefold() not in system[:200].casefold():
        return set()
    short = re.escape(name[0])
    before = rf"(?<![A-Za-z0-9.])([0-9]{{1,4}})x[-_]?{short}(?![0-9])"
    behind = rf"(?<![A-Za-z0-9]){short}{_SIZES}[-_]?x([0-9]{{1,4}})(?![A-Za-z0-9.])"
    if len(re.findall(r"[A-Za-z0-9]_?x[0-9]{1,4}(?![A-Za-z0-9.])", system[:200])) > 1:
        return set()
    found = (re.findall(one, system[:200], re.IGNORECASE) for one in (before, behind))
    return {int(count) for counts in found for count in counts}
