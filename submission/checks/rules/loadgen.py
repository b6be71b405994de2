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
    fault="LoadGen is not of the round",
    scope=Scope.RUN,
    severity=Severity.WARNING,
    reference=LOADGEN + ", approved versions",
    hint="say in one paragraph of the submitter's README why (LoadGen, its version, 'because')",
    requires=LOG_READ | {"LOG005", "LOG006"},
)
def _version(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    if not is_of_round(run.log, policy) and not _explained(run):
        yield at(run, "loadgen_version", expected=f"LoadGen {listed(policy.loadgen_versions)}")


def _explained(run: RunFacts) -> bool:
    return explains(run.readme, version_number(run.log))


def explains(readme: str, number: str) -> bool:
    """Whether a paragraph of a README names LoadGen and this version of it, and gives a reason."""
    return bool(number) and any(
        {"loadgen", number, "because"} <= {word.strip(".,:;()`*") for word in paragraph.split()}
        for paragraph in readme.casefold().split("\n\n")
    )


@rule(
    id="LOG015",
    title="LoadGen was built from committed sources",
    fault="LoadGen was built from uncommitted sources",
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


@rule(
    id="LOG028",
    title="LoadGen's sources are those of its version",
    fault="LoadGen's sources are not those of its version",
    scope=Scope.RUN,
    severity=Severity.WARNING,
    reference=LOADGEN + ", changes to it",
    hint="build LoadGen from the unchanged tag, or say in the README what was changed, and why",
    requires=LOG_READ | {"LOG005", "LOG006", "LOG014"},
)
def _sources(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    known = policy.loadgen_sources.get(version_number(run.log), {})
    logged = run.log.sources
    other = [name for name, digests in known.items() if logged.get(name, "") not in digests]
    other += [name for name in logged if name not in known] if known else []
    if other:
        yield at(
            run,
            "loadgen_file_sha1",
            found=f"other digests, or none: {listed(other)}",
            expected="the SHA-1 digests of the published sources of this version",
        )


@rule(
    id="LOG029",
    title="One process wrote the log",
    fault="Several processes wrote the log",
    scope=Scope.RUN,
    severity=Severity.WARNING,
    reference=LOADGEN,
    hint="submit the log of one run",
    requires=LOG_READ,
)
def _one_process(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    if run.log.process_count > 1:
        found = f"{run.log.process_count} process numbers"
        yield at(run, "pid", found=found, expected="the same in every line")


def version_number(log: DetailLog) -> str:
    """The number in LoadGen's version, such as 3.0."""
    return (log.text("loadgen_version") or "").split("@", maxsplit=1)[0].strip()


def is_of_round(log: DetailLog, policy: Policy) -> bool:
    """Whether a log was written by a LoadGen of the round, or by a later patch of it."""
    number = version_number(log)
    return any(number == v or number.startswith(v + ".") for v in policy.loadgen_versions)
