"""PWR: power logs against their digests, and the samples against the run and each other."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.model import Breach, Scope, Severity, rule
from submission.checks.result_facts import PowerFacts, ResultFacts, RunFacts
from submission.checks.rules.power import POWER
from submission.checks.words import listed, shown
from submission.loadgen import DetailLog, Document, PowerSamples, parse_time
from submission.loadgen.names import DETAIL_FILE, SUMMARY_FILE
from submission.policy import Policy

VOUCHED = {"client.json": (DETAIL_FILE, SUMMARY_FILE), "server.json": ("spl.txt",)}
"""Which logs of a run the power client and server give the digests of."""

MEASURED = frozenset({"PWR002", "PWR003", "PWR004", "PWR005"})
"""The samples of the run can be added up."""


@rule(
    id="PWR009",
    title="Logs match the digests of power client and server",
    fault="A power log differs from its digest",
    scope=Scope.RESULT,
    reference=POWER,
    hint="submit the logs as they were written; the digests are in client.json, server.json",
    requires={"PWR007"},
)
def _unaltered(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for name, path, digest, known in facts.power.altered if facts.power else ():
        base = facts.power.folder.removesuffix("power") if facts.power else ""
        found = f"SHA-1 {known}"
        yield Breach(at=f"{base}{path}", found=found, expected=f"{shown(digest, 80)} by {name}")


@rule(
    id="PWR014",
    title="Power was measured during the whole run",
    fault="Power was measured during a part of the run",
    scope=Scope.RESULT,
    severity=Severity.WARNING,  # how much may be missing is not written
    reference=POWER,
    hint="submit the whole log of the analyzer; it samples once a second",
    requires=MEASURED,
)
def _whole_run(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    for run, samples in _testing(facts):
        seconds, within = _seconds(run), policy.tolerances
        least = (1 - within.power_unmeasured) * seconds - within.power_samples
        if samples.inside_count < least:
            yield _count_breach(run, samples, seconds)


@rule(
    id="PWR015",
    title="Power was sampled once a second",
    fault="Power was not sampled once a second",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=POWER,
    hint="submit the whole log of the analyzer",
    requires=MEASURED | {"PWR014"},
)
def _each_second(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    for run, samples in _testing(facts):
        seconds = _seconds(run)
        if abs(samples.inside_count - seconds) > policy.tolerances.power_samples:
            yield _count_breach(run, samples, seconds)


@rule(
    id="PWR016",
    title="Power client and server vouch for the logs of both runs",
    fault="Power client or server does not vouch for the logs of both runs",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=POWER,
    hint="submit the files as the client and the server wrote them",
    requires={"PWR007"},
)
def _vouched(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    runs = [run for run in (facts.performance, facts.ranging) if run is not None]
    for name, logs in VOUCHED.items() if facts.power else ():
        document = facts.power.documents.get(name) if facts.power else None
        if not isinstance(document, Document):
            continue
        results = document.value.get("results")
        there = [
            f"{run.folder.rpartition('/')[2]}/{log}"
            for run in runs
            for log in logs
            if log in run.files
        ]
        lacking = [path for path in there if path not in (results or ())]
        if lacking and facts.power is not None:
            yield Breach(
                at=f"{facts.power.folder}/{name}",
                key="results",
                line=document.line_of("results"),
                found=f"no digest of {listed(lacking)}",
                expected="one for each log",
            )


@rule(
    id="PWR017",
    title="Power samples are marked for their run",
    fault="Power samples are not marked for their run",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=POWER,
    hint="submit the analyzer's logs of this session",
    requires={"PWR004", "PWR007"},
)
def _marked(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    name = _session_name(facts.power)
    if facts.power is None or name is None:
        return
    for run, samples, phase in (
        (facts.performance, facts.power.testing, "testing"),
        (facts.ranging, facts.power.ranging, "ranging"),
    ):
        marks = samples.marks if isinstance(samples, PowerSamples) else ()
        for mark in marks if run is not None else ():
            if mark != f"{name}_{phase}" and run is not None:
                path, expected = f"{run.folder}/spl.txt", shown(f"{name}_{phase}")
                yield Breach(at=path, key="Mark", found=shown(mark), expected=expected)


@rule(
    id="PWR018",
    title="Watts are volts times amperes times power factor",
    fault="Watts are not volts times amperes times power factor",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=POWER,
    hint="submit the analyzer's log; if this is it, explain in the README how it was connected",
    requires=MEASURED,
)
def _electric(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    for run, samples in _testing(facts):
        watts, electric = samples.one_channel_watts, samples.electric_watts
        if watts and not abs(electric / watts - 1) <= policy.tolerances.power_factors:
            yield Breach(
                at=f"{run.folder}/spl.txt",
                found=f"{watts:.6g} W in all samples together",
                expected=f"{electric:.6g} by their volts, amperes and power factors",
            )


def _count_breach(run: RunFacts, samples: PowerSamples, seconds: float) -> Breach:
    found = f"{samples.inside_count} samples within the run"
    return Breach(at=f"{run.folder}/spl.txt", found=found, expected=f"about {seconds:.0f}")


def _session_name(power: PowerFacts | None) -> str | None:
    client = power.documents.get("client.json") if power else None
    name = client.value.get("session_name") if isinstance(client, Document) else None
    return name if isinstance(name, str) else None


def _testing(facts: ResultFacts) -> list[tuple[RunFacts, PowerSamples]]:
    """The measured run of a power result with its samples, if they can be read."""
    run, samples = facts.performance, facts.power.testing if facts.power else None
    if (
        run is None
        or not isinstance(run.detail, DetailLog)
        or not isinstance(samples, PowerSamples)
    ):
        return []
    return [(run, samples)]


def _seconds(run: RunFacts) -> float:
    """How long power was measured; 0 where the log does not say."""
    begin, end = (parse_time(run.log.get(key)) for key in ("power_begin", "power_end"))
    return (end - begin).total_seconds() if begin and end else 0.0
