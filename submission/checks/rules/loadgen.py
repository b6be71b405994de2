"""LOG: which LoadGen wrote a log."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.model import Breach, Scope, Severity, rule
from submission.checks.result_facts import RunFacts
from submission.checks.rules.places import at
from submission.checks.rules.references import LOADGEN
from submission.checks.rules.requirements import LOG_READ
from submission.checks.words import listed
from submission.loadgen import DetailLog
from submission.policy import Policy


@rule(
    id="LOG014",
    title="LoadGen is of the round",
    scope=Scope.RUN,
    severity=Severity.WARNING,
    reference=LOADGEN + ", approved versions",
    hint="say in the README why another version was used",
    requires=LOG_READ | {"LOG005", "LOG006"},
)
def _version(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    if not is_of_round(run.log, policy):
        yield at(run, "loadgen_version", expected=f"LoadGen {listed(policy.loadgen_versions)}")


@rule(
    id="LOG015",
    title="LoadGen was built from committed sources",
    scope=Scope.RUN,
    severity=Severity.WARNING,
    reference=LOADGEN + ", changes to it",
    hint="build LoadGen from the unchanged tag",
    requires=LOG_READ,
)
def _uncommitted(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    status = run.log.get("loadgen_git_status_message")
    if isinstance(status, str) and status.strip() and status.strip() != "NA":
        yield at(run, "loadgen_git_status_message", expected="no changes")


def is_of_round(log: DetailLog, policy: Policy) -> bool:
    """Whether a log was written by a LoadGen of the round, or by a later patch of it."""
    version = log.text("loadgen_version") or ""
    number = version.split("@", maxsplit=1)[0].strip()
    return any(number == v or number.startswith(v + ".") for v in policy.loadgen_versions)
