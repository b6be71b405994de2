"""MEA: measurements/<system>/<benchmark>/<scenario>, and the code and write-ups it leads to."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.model import CLOSED, Breach, Counterpart, Scope, Severity, rule
from submission.checks.result_facts import ResultFacts
from submission.checks.rules.description import is_empty
from submission.checks.rules.places import described, description_path
from submission.checks.rules.references import MEASUREMENTS_LAYOUT
from submission.checks.rules.requirements import DESCRIPTION_READ
from submission.checks.words import listed, shown, suggested
from submission.loadgen import Unreadable
from submission.policy import Policy

YES = ("yes", "y", "true")
FIELDS = "submission_rules.adoc, <system_desc_id>_<implementation_id>_<scenario>.json"


@rule(
    id="MEA001",
    title="A result has its measurements folder",
    fault="The result has no measurements folder",
    scope=Scope.RESULT,
    reference=MEASUREMENTS_LAYOUT,
    hint="add the folder; its names are those of the results folder",
    official=Counterpart.REFUSES,
)
def _folder(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    if not facts.measurement.exists:
        at = facts.measurement.folder
        yield Breach(at=at, found="no such folder", expected="how the result was measured")


@rule(
    id="MEA002",
    title="A measurements folder has its three files",
    fault="The measurements folder lacks one of its three files",
    scope=Scope.RESULT,
    reference=MEASUREMENTS_LAYOUT,
    hint="add the file that was used, or a README that says how to repeat the run",
    requires={"MEA001"},
    official=Counterpart.LOGS_ONLY,
)
def _files(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    for name in policy.files.measurements:
        if name not in facts.measurement.files:
            at = facts.measurement.path(name)
            near = suggested(name, set(facts.measurement.files) - set(policy.files.measurements))
            yield Breach(at=at, found=f"no such file{near}", expected="a file of that name")


@rule(
    id="MEA003",
    title="A README says how the result was measured",
    fault="No README says how the result was measured",
    scope=Scope.RESULT,
    reference=MEASUREMENTS_LAYOUT + " (README enables replication)",
    hint="write what was done",
    requires={"MEA001"},
)
def _readme_says_something(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    if facts.measurement.is_blank and not _elsewhere(facts, policy):
        at = facts.measurement.path("README.md")
        yield Breach(at=at, found="an empty file", expected="how to repeat the measurement")


@rule(
    id="MEA004",
    title="The files of a measurements folder can be read",
    fault="A file of the measurements folder cannot be read",
    scope=Scope.RESULT,
    reference=MEASUREMENTS_LAYOUT,
    hint="save the file as UTF-8",
    requires={"MEA001"},
)
def _readable(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    facts_of = facts.measurement
    texts = (
        ("mlperf.conf", facts_of.mlperf_conf),
        ("user.conf", facts_of.user_conf),
        ("README.md", facts_of.readme),
    )
    for name, text in texts:
        if isinstance(text, Unreadable):
            yield Breach(at=facts_of.path(name), found=text.why, expected="UTF-8 text")


@rule(
    id="MEA005",
    title="A measurements folder has its JSON description",
    fault="The measurements folder has no JSON description",
    scope=Scope.RESULT,
    reference=FIELDS,
    hint="add the file; its name begins with the system's",
    requires={"MEA001"},
    official=Counterpart.LOGS_ONLY,
)
def _description(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    if facts.measurement.json_name is None:
        yield Breach(
            at=facts.measurement.folder,
            found=f"files: {listed(facts.measurement.files)}",
            expected=_usual_name(facts),
        )


@rule(
    id="MEA006",
    title="The JSON description is a JSON object",
    fault="The JSON description is not a JSON object",
    scope=Scope.RESULT,
    reference=FIELDS,
    hint="fix the file; the official checker stops with a traceback at it",
    requires={"MEA001", "MEA005"},
    official=Counterpart.CRASHES,
)
def _description_readable(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    document = facts.measurement.document
    if isinstance(document, Unreadable):
        yield Breach(at=description_path(facts), found=document.why, expected="a JSON object")


@rule(
    id="MEA007",
    title="The JSON description has its five fields",
    fault="The JSON description lacks one of its five fields",
    scope=Scope.RESULT,
    reference=FIELDS,
    hint="add the field",
    requires=DESCRIPTION_READ,
    official=Counterpart.LOGS_ONLY,
)
def _fields(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    unknown = set(described(facts).value) - set(policy.measurement_fields)
    for name in policy.measurement_fields:
        if name not in described(facts).value:
            near = suggested(name, unknown)
            yield Breach(
                at=description_path(facts),
                key=name,
                found=f"no such field{near}",
                expected="a text",
            )


@rule(
    id="MEA008",
    title="The five fields say something",
    fault="A field of the JSON description is not filled in",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=FIELDS,
    hint="fill the field in",
    requires=DESCRIPTION_READ,
)
def _fields_filled(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    document = described(facts)
    for name in policy.measurement_fields:
        if name in document.value and is_empty(document.value[name], policy):
            yield Breach(
                at=description_path(facts),
                key=name,
                line=document.line_of(name),
                found=shown(document.value[name]) if document.value[name] else "empty",
                expected="a meaningful value, or none / N/A",
            )


@rule(
    id="MEA009",
    title="The JSON description has a name of the usual form",
    fault="The JSON description has an unusual name",
    scope=Scope.RESULT,
    severity=Severity.NOTE,
    reference=FIELDS,
    hint="rename it; most published ones deviate, and the official checker does not mind",
    requires={"MEA001", "MEA005"},
)
def _name(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    name, cell = facts.measurement.json_name or "", facts.cell
    found = facts.layout.implementation_of(name, cell.system, cell.scenario_folder)
    if name != facts.layout.description_name(cell, found):
        yield Breach(at=description_path(facts), found=name, expected=_usual_name(facts))


def _usual_name(facts: ResultFacts) -> str:
    return facts.layout.description_name(facts.cell, "<implementation>")


@rule(
    id="MEA010",
    title="The JSON description does not name another scenario",
    fault="The JSON description is named after another scenario",
    scope=Scope.RESULT,
    severity=Severity.NOTE,
    reference=FIELDS,
    hint="rename it",
    requires={"MEA001", "MEA005", "BEN008"},
)
def _name_scenario(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    """A description that names another scenario than its folder's."""
    stem = (facts.measurement.json_name or "").removesuffix(".json").lower()
    for scenario in policy.scenarios:
        if scenario is not facts.scenario and stem.endswith(f"_{scenario.lower()}"):
            yield Breach(at=description_path(facts), found=scenario, expected=facts.scenario_folder)


@rule(
    id="MEA016",
    title="The conf files of a measurements folder are not empty",
    fault="A conf file of the measurements folder is empty",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=MEASUREMENTS_LAYOUT,
    hint="submit the files that LoadGen read",
    requires={"MEA001"},
)
def _conf_not_empty(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    for name in policy.files.measurements:
        if name != "README.md" and facts.measurement.files.get(name) == 0:
            at = facts.measurement.path(name)
            yield Breach(at=at, found="an empty file", expected="the settings of the run")


@rule(
    id="MEA017",
    title="The JSON description begins without a byte order mark",
    fault="The JSON description begins with a byte order mark",
    scope=Scope.RESULT,
    reference=FIELDS,
    hint="save the file as plain UTF-8",
    requires=DESCRIPTION_READ,
    official=Counterpart.CRASHES,
)
def _byte_order_mark(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    if described(facts).has_bom:
        at = description_path(facts)
        yield Breach(at=at, line=1, found="a byte order mark", expected="plain UTF-8")


@rule(
    id="MEA018",
    title="A field of the JSON description is written once",
    fault="A field of the JSON description is written twice",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=FIELDS,
    hint="remove all but the right one",
    requires=DESCRIPTION_READ,
)
def _repeated(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    document = described(facts)
    for key in document.repeated:
        yield Breach(
            at=description_path(facts),
            key=key,
            line=document.line_of(key),
            found="written twice; the last one counts",
            expected="once",
        )


@rule(
    id="MEA023",
    title="The README of a measurements folder is not empty",
    fault="The README of the measurements folder is empty",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=MEASUREMENTS_LAYOUT + " (README enables replication)",
    hint="write what was done, or where it is described",
    requires={"MEA001", "MEA003"},
)
def _readme_is_elsewhere(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    where = _elsewhere(facts, policy)
    if facts.measurement.is_blank and where is not None:
        at = facts.measurement.path("README.md")
        yield Breach(at=at, found="an empty file", expected=f"a text, or a word on {where}")


@rule(
    id="MEA024",
    title="No model was retrained",
    fault="A model was retrained",
    scope=Scope.RESULT,
    divisions=CLOSED,
    reference="inference_rules.adoc, section 'Divisions', closed division",
    hint="submit in the open division, or correct the field",
    requires=DESCRIPTION_READ,
)
def _not_retrained(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    document = described(facts)
    value = document.value.get("retraining")
    if value is True or (isinstance(value, str) and value.strip().lower() in YES):
        yield Breach(
            at=description_path(facts),
            key="retraining",
            line=document.line_of("retraining"),
            found=shown(repr(value)),
            expected="no: the closed division does not allow any retraining",
        )


def _elsewhere(facts: ResultFacts, policy: Policy) -> str | None:
    """A README of the code or of the submitter that says more than a placeholder."""
    least, others = policy.placeholder_readme_characters, facts.measurement.other_readmes
    return next((path for path, size in others if size > least), None)
