"""PWR: results with power: the analyzer's logs and what they add up to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from submission.checks.model import Breach, Counterpart, Scope, Severity, rule
from submission.checks.power_papers import reported_sizes
from submission.checks.result_facts import ResultFacts, RunFacts
from submission.checks.rules.places import at
from submission.checks.words import listed, shown
from submission.loadgen import DetailLog, Document, PowerSamples, Unreadable, parse_time
from submission.policy import Policy
from submission.terms import Scenario

PER_QUERY = (Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM)
POWER = "MLPerf power measurement rules, section 'Files to submit'"


@rule(
    id="PWR001",
    title="A power folder holds its five logs and no others",
    fault="A power folder lacks one of its five logs, or holds another file",
    scope=Scope.RESULT,
    reference=POWER,
    hint="add what the power client and server wrote; move away what is not listed",
    official=Counterpart.REFUSES,
)
def _files(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    if facts.power is None:
        return
    required, optional = set(policy.files.power), set(policy.files.anywhere_optional)
    yield from _difference(facts.power.folder, facts.power.files, required, optional)


def _difference(
    folder: str, files: Mapping[str, int], required: set[str], optional: set[str]
) -> Iterator[Breach]:
    for name in sorted(required - set(files)):
        yield Breach(at=f"{folder}/{name}", found="no such file", expected="a power log")
    for name in sorted(set(files) - required - optional):
        yield Breach(at=f"{folder}/{name}", found=shown(name), expected=listed(required, 12))


@rule(
    id="PWR002",
    title="The log says when power was measured",
    fault="The log does not say when power was measured",
    scope=Scope.RESULT,
    reference=POWER,
    hint="submit the log that LoadGen wrote",
    official=Counterpart.REFUSES,
)
def _times(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for run in _runs(facts):
        for key in ("power_begin", "power_end"):
            if parse_time(run.log.get(key)) is None and not run.log.faults:
                yield at(run, key, expected="a time as 02-28-2023 13:00:00.000")


@rule(
    id="PWR003",
    title="Power was measured for some time",
    fault="Power was measured for no time",
    scope=Scope.RESULT,
    reference=POWER,
    hint="submit the log that LoadGen wrote",
    requires={"PWR002"},
    official=Counterpart.REFUSES,
)
def _order(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for run in _runs(facts):
        begin, end = (parse_time(run.log.get(key)) for key in ("power_begin", "power_end"))
        if begin is not None and end is not None and begin >= end:
            yield at(run, "power_end", expected="a time after power_begin")


@rule(
    id="PWR004",
    title="spl.txt holds power samples",
    fault="spl.txt holds no power samples",
    scope=Scope.RESULT,
    reference=POWER,
    hint="submit the analyzer's log of this run",
    requires={"PWR002"},
    official=Counterpart.REFUSES,
)
def _readable(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for run, samples in _measured(facts):
        yield from _unreadable(run, samples)


@rule(
    id="PWR005",
    title="Power samples lie within the run",
    fault="Power samples lie outside of the run",
    scope=Scope.RESULT,
    reference=POWER,
    hint="synchronize the clocks of SUT and analyzer (both log UTC) and run again",
    requires={"PWR002", "PWR003", "PWR004"},
    official=Counterpart.REFUSES,
)
def _inside(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for run, samples in _measured(facts):
        if isinstance(samples, PowerSamples) and not samples.inside_count:
            begin, end = run.log.get("power_begin"), run.log.get("power_end")
            yield Breach(
                at=f"{run.folder}/spl.txt",
                found=f"{samples.sample_count} samples, none within the run",
                expected=f"samples between {shown(begin)} and {shown(end)}",
            )


@rule(
    id="PWR006",
    title="Power is a positive number",
    fault="The power is not a positive number",
    scope=Scope.RESULT,
    reference=POWER,
    hint="submit the analyzer's log of this run",
    requires={"PWR002", "PWR003", "PWR004", "PWR005"},
)
def _plausible(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for run, samples in _measured(facts):
        if isinstance(samples, Unreadable) or not samples.inside_count:
            continue
        mean = samples.mean_watts or 0.0
        if not math.isfinite(mean) or mean <= 0:
            at_path = f"{run.folder}/spl.txt"
            yield Breach(at=at_path, found=f"mean {mean:g} W", expected="a mean above 0 W")


@rule(
    id="PWR007",
    title="The descriptions of power client and server can be read",
    fault="The description of power client or server cannot be read",
    scope=Scope.RESULT,
    reference=POWER,
    hint="submit the files as the client and the server wrote them",
)
def _documents(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for name, document in facts.power.documents.items() if facts.power else ():
        if isinstance(document, Unreadable):
            at_path = f"{facts.power.folder}/{name}" if facts.power else name
            yield Breach(at=at_path, found=document.why, expected="a JSON object")


@rule(
    id="PWR008",
    title="Power client and server were in one session",
    fault="Power client and server were in different sessions",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=POWER,
    hint="submit the files of one power measurement",
    requires={"PWR007"},
)
def _session(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    documents = facts.power.documents if facts.power else {}
    client, server = documents.get("client.json"), documents.get("server.json")
    if facts.power is None or not isinstance(client, Document) or not isinstance(server, Document):
        return
    for key in ("session_name", "uuid"):
        if client.value.get(key) != server.value.get(key):
            yield Breach(
                at=f"{facts.power.folder}/server.json",
                key=key,
                line=server.line_of(key),
                found=shown(repr(server.value.get(key)), 160),
                expected=f"{shown(repr(client.value.get(key)), 160)} as in client.json",
            )


@rule(
    id="PWR010",
    title="No power sample of the run is negative",
    fault="A power sample of the run is negative",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=POWER,
    hint="fix the analyzer's range before the run",
    requires={"PWR002", "PWR003", "PWR004", "PWR005", "PWR006"},
)
def _not_negative(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for run, samples in _measured(facts):
        if isinstance(samples, PowerSamples) and samples.least_watts < 0:
            yield Breach(
                at=f"{run.folder}/spl.txt",
                found=f"least {samples.least_watts:g} W",
                expected="no negative sample: the analyzer was looking for its range",
            )


@rule(
    id="PWR011",
    title="The ranging run's spl.txt holds power samples",
    fault="The ranging run's spl.txt holds no power samples",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=POWER,
    hint="submit the analyzer's log of the ranging run",
)
def _ranging(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    if facts.power is not None and facts.ranging is not None and facts.power.ranging is not None:
        yield from _unreadable(facts.ranging, facts.power.ranging)


@rule(
    id="PWR012",
    title="Power logs are not empty",
    fault="A power log is empty",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=POWER,
    hint="submit what the power client, the server and the analyzer wrote",
    requires={"PWR007"},
)
def _not_empty(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    power = facts.power
    if power is None:
        return
    sizes = {f"{power.folder}/{name}": power.files.get(name) for name in policy.files.power}
    sizes[f"{power.ranging_folder}/spl.txt"] = power.ranging_files.get("spl.txt")
    for path in sorted(path for path, size in sizes.items() if size == 0):
        yield Breach(at=path, found="an empty file", expected="a power log")


@rule(
    id="PWR013",
    title="The log says over how many queries power was measured",
    fault="The log does not say over how many queries power was measured",
    scope=Scope.RESULT,
    reference=POWER,
    hint="submit the log that LoadGen wrote",
    official=Counterpart.REFUSES,
)
def _queries(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    """Of a latency the energy of a query is reported."""
    key = "result_query_count"
    for run in _runs(facts) if facts.scenario in PER_QUERY else ():
        if not (run.log.number(key) or 0) > 0:
            yield at(run, key, expected="a number above 0")


def _unreadable(run: RunFacts, samples: PowerSamples | Unreadable) -> Iterator[Breach]:
    path = f"{run.folder}/spl.txt"
    if isinstance(samples, Unreadable):
        yield Breach(at=path, found=samples.why, expected="a readable file")
    elif samples.fault is not None:
        yield Breach(
            at=path, line=samples.fault_line, found=samples.fault, expected="power samples"
        )


def _runs(facts: ResultFacts) -> list[RunFacts]:
    """The measured run of a power result, if its log can be read."""
    run = facts.performance if facts.power is not None else None
    return [run] if run is not None and isinstance(run.detail, DetailLog) else []


def _measured(facts: ResultFacts) -> list[tuple[RunFacts, PowerSamples | Unreadable]]:
    if facts.power is None or facts.performance is None or facts.power.testing is None:
        return []
    return [(facts.performance, facts.power.testing)]


@rule(
    id="PWR019",
    title="The analyzer's configuration and the power settings are reported",
    fault="The analyzer's configuration or the power settings are not reported",
    scope=Scope.RESULT,
    reference="MLPerf power measurement rules, section 'Power Analyzer Settings'",
    hint="put analyzer_table.md and power_settings.md beside the measurement, or in a folder above",
    official=Counterpart.REFUSES,
)
def _reported(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    if facts.power is None or not facts.measurement.exists:
        return
    for start, size in reported_sizes(facts, policy).items():
        if not size:
            yield Breach(
                at=f"{facts.measurement.folder}/{start}md",
                found="no such file, here or above" if size is None else "an empty file",
                expected=f"a file {start}*",
            )
