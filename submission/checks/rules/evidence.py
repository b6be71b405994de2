"""MEA: code, write-ups and run metadata that a measurements folder leads to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from submission.checks.model import Breach, Counterpart, Scope, Severity, rule
from submission.checks.result_facts import ResultFacts
from submission.checks.rules.places import described, description_path
from submission.checks.rules.references import MEASUREMENTS_LAYOUT
from submission.checks.rules.requirements import DESCRIPTION_READ
from submission.checks.words import shown
from submission.loadgen import Document
from submission.policy import Policy

COMMAND = re.compile(
    r"```|`[^`]+`|^[ \t]*\$ |\b(?:make|docker|python3?|bash|\./|cmd?|ck|run)\b", re.MULTILINE
)
# What of run_metadata's host makes a machine another one
MACHINE = (
    "cpu_model",
    "cpu_generation",
    "sockets",
    "cores_per_socket",
    "threads_per_core",
    "numa_nodes",
)
_QUANTIZED = re.compile(r"\b(?:u?int|fp|bf)?-?(?:4|8)\b|int8|int4|fp8")


@rule(
    id="MEA011",
    title="The code of a result is there",
    fault="The code of the result is missing",
    scope=Scope.RESULT,
    reference="submission_rules.adoc, section 'Submission', code folder",
    hint="add code/<benchmark>/<implementation>",
    requires={"MEA001", "MEA005"},
    official=Counterpart.LOGS_ONLY,
)
def _code(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    if not facts.measurement.code_exists:
        paths = facts.measurement.code_paths
        first = paths[0] if paths else facts.measurement.folder
        yield Breach(
            at=description_path(facts), found="no code folder", expected=f"{first} or above it"
        )


@rule(
    id="MEA012",
    title="The code folder of a result holds files",
    fault="The code folder of the result is empty",
    scope=Scope.RESULT,
    reference="submission_rules.adoc, section 'Submission', code folder",
    hint="add the code that calls LoadGen, or a README that says where it is",
    requires={"MEA001", "MEA005", "MEA011"},
)
def _code_files(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    if not facts.measurement.code_has_files:
        path = facts.measurement.code_paths[-1]
        yield Breach(at=path, found="no files", expected="the code that calls LoadGen")


@rule(
    id="MEA013",
    title="What weight_transformations names can be found",
    fault="What weight_transformations names cannot be found",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference="inference_rules.adoc, section 'Model', calibration and weight transformations",
    hint="correct the path in weight_transformations, or add the file",
    requires=DESCRIPTION_READ,
)
def _weights(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    if not facts.measurement.weights_reachable:
        yield Breach(
            at=description_path(facts),
            key="weight_transformations",
            found=f"{shown(facts.measurement.weights_path or '')}: no such file",
            expected="a path of this tree, a URL or a text",
        )


@rule(
    id="MEA014",
    title="The README names the command that ran the benchmark",
    fault="The README names no command that ran the benchmark",
    scope=Scope.RESULT,
    severity=Severity.NOTE,
    reference=MEASUREMENTS_LAYOUT + " (README enables replication)",
    hint="add the command with its arguments",
    requires={"MEA001", "MEA002", "MEA003"},
)
def _readme_helps(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    readme = facts.measurement.readme
    if not isinstance(readme, str) or len(readme) <= policy.placeholder_readme_characters:
        return
    if not COMMAND.search(readme):
        at = facts.measurement.path("README.md")
        yield Breach(at=at, found="no command in it", expected="the command that ran this")


@rule(
    id="MEA015",
    title="It is described how quantized weights were calibrated",
    fault="It is not described how the quantized weights were calibrated",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference="inference_rules.adoc, section 'Model', calibration",
    hint="describe how the weights were calibrated",
    requires=DESCRIPTION_READ | {"MEA007"},
)
def _calibration(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    types = str(described(facts).value.get("weight_data_types", "")).lower()
    if _QUANTIZED.search(types) and not facts.has_calibration_text:
        yield Breach(
            at=facts.benchmark.system.submitter.path,
            key="weight_data_types",
            found=f"{shown(types, 60)}, and nothing on calibration",
            expected="calibration/, documentation/ or calibration_process.adoc",
        )


@rule(
    id="MEA020",
    title="The run was made in the submission's container",
    fault="The run was not made in the submission's container",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference="run_metadata of this kit",
    hint="run again with a container engine (RUNNER=container), as a reviewer would",
    requires={"MEA001"},
)
def _host_runner(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for name, document in facts.measurement.runs.items():
        if isinstance(document, Document) and document.value.get("runner") == "host":
            yield Breach(
                at=facts.measurement.path(name),
                key="runner",
                line=document.line_of("runner"),
                found="host",
                expected="a container of the submission's image",
            )


@rule(
    id="MEA021",
    title="The run was made under the full rules",
    fault="The run was not made under the full rules",
    scope=Scope.RESULT,
    reference="run_metadata of this kit",
    hint="run again with a profile that is made for submission (PROFILE=official or jpqd)",
    requires={"MEA001"},
)
def _not_submittable(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for name, document in facts.measurement.runs.items():
        if isinstance(document, Document) and document.value.get("submittable") is False:
            profile = document.value.get("profile")
            yield Breach(
                at=facts.measurement.path(name),
                key="submittable",
                line=document.line_of("submittable"),
                found=f"false (profile {shown(profile)})",
                expected="a run under the full rules of the round",
            )


@rule(
    id="MEA022",
    title="The weights of the measured model were trained",
    fault="The weights of the measured model were not trained",
    scope=Scope.RESULT,
    reference="run_metadata of this kit",
    hint="measure trained weights; synthetic ones are for measuring speed only",
    requires={"MEA001"},
)
def _synthetic_weights(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for name, document in facts.measurement.runs.items():
        model = document.value.get("model") if isinstance(document, Document) else None
        if isinstance(document, Document) and isinstance(model, dict) and model.get("made_up"):
            yield Breach(
                at=facts.measurement.path(name),
                key="made_up",
                line=document.line_of("made_up"),
                found=f"the weights of {shown(model.get('name'))} are synthetic",
                expected="trained weights",
            )


@rule(
    id="MEA025",
    title="Accuracy and performance were measured on one machine",
    fault="Accuracy and performance were measured on different machines",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference="run_metadata of this kit",
    hint="run both on the system that is submitted",
    requires={"MEA001"},
)
def _one_machine(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    hosts = {
        name: document.value["host"]
        for name, document in facts.measurement.runs.items()
        if isinstance(document, Document) and isinstance(document.value.get("host"), dict)
    }
    for (first, known), (name, host) in pairwise(hosts.items()):
        for key in MACHINE:
            if key in host and key in known and host[key] != known[key]:
                yield Breach(
                    at=facts.measurement.path(name),
                    key=f"host.{key}",
                    found=shown(repr(host[key])),
                    expected=f"{shown(repr(known[key]))} as in {first}",
                )


@rule(
    id="MEA026",
    title="Nothing else used the run's processors",
    fault="Other processes used the run's processors",
    scope=Scope.RESULT,
    severity=Severity.NOTE,
    reference="run_metadata of this kit",
    hint="measure when the machine is idle (WAIT_FOR_QUIET=minutes waits for that)",
    requires={"MEA001"},
)
def _disturbed(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    for name, document in facts.measurement.runs.items():
        harness = document.value.get("harness") if isinstance(document, Document) else None
        about = harness.get("disturbance") if isinstance(harness, dict) else None
        share = about.get("others_share") if isinstance(about, dict) else None
        if isinstance(share, int | float) and share >= policy.notable_load_share:
            yield Breach(
                at=facts.measurement.path(name),
                key="harness.disturbance.others_share",
                found=f"others took {share:.0%} of the processors",
                expected=f"less than {policy.notable_load_share:.0%}",
            )
