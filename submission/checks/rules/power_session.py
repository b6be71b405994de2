"""PWR: the samples against what the power tools wrote of their session."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

from submission.checks.model import Breach, Scope, Severity, rule
from submission.checks.result_facts import PowerFacts, ResultFacts, RunFacts
from submission.checks.rules.power import POWER
from submission.checks.rules.power_evidence import MEASURED
from submission.loadgen import (
    QUARTER_S,
    DetailLog,
    Document,
    PowerSamples,
    parse_time,
    phase_stamps,
    set_ranges,
)
from submission.policy import Policy

SESSION = "github.com/mlcommons/power-dev, ptd_client_server/lib"
UNITS = {"V": "volts", "A": "amperes"}
EPOCH = dt.datetime(1970, 1, 1)
"""Of whatever zone a log is in."""


@rule(
    id="PWR020",
    title="Power samples give the mean, the maximum and the count that PTDaemon's log states",
    fault="Power samples give another mean, maximum or count than PTDaemon's log states",
    scope=Scope.RESULT,
    reference=POWER,
    hint="submit spl.txt and ptd_logs.txt as the power tools wrote them",
    requires=MEASURED | {"PWR006"},
)
def _stated(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    power = facts.power
    stated = power.stated if power is not None else None
    if power is None or stated is None or stated.error_count:
        return  # of samples that PTDaemon could not read it says nothing
    within = policy.tolerances
    for run, samples in _measured(power, facts.performance):
        mean = samples.all_watts / samples.sample_count
        pairs = ((mean, stated.mean_watts), (samples.most_watts, stated.most_watts))
        far = any(_off(one, other) > within.power_stated for one, other in pairs)
        if far or abs(samples.sample_count - stated.sample_count) > within.power_stated_samples:
            yield Breach(
                at=f"{run.folder}/spl.txt",
                found=f"mean {mean:.6g} W, at most {samples.most_watts:.6g} W,"
                f" {samples.sample_count} samples",
                expected=f"{stated.mean_watts:.6g} W, {stated.most_watts:.6g} W and"
                f" {stated.sample_count}, as ptd_logs.txt states on line {stated.line}",
            )


@rule(
    id="PWR021",
    title="The analyzer's ranges are those that the ranging run found",
    fault="The analyzer's ranges are not those that the ranging run found",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=SESSION,
    hint="submit the files of one session; if these are, explain in the README how ranges were set",
    requires=MEASURED | {"PWR007", "PWR011"},
)
def _ranges(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    power = facts.power
    server = power.documents.get("server.json") if power is not None else None
    if power is None or not isinstance(server, Document):
        return
    low, high = policy.tolerances.power_range
    ranges = set_ranges(server.value)
    for run, samples in _measured(power, facts.ranging, ranging=True):
        for sign, most in (("V", samples.most_volts), ("A", samples.most_amperes)):
            value = ranges.get(sign)
            if value and most > 0 and not low <= value / most <= high:
                yield Breach(
                    at=f"{power.folder}/server.json",
                    line=server.line_of("ptd_messages"),
                    found=f"a range of {value:g} {UNITS[sign]}",
                    expected=f"about {most:g}, the largest in {run.folder}/spl.txt",
                )


@rule(
    id="PWR022",
    title="The run takes about as much power as its ranging run",
    fault="The run takes much more or less power than its ranging run",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=SESSION,
    hint="submit the files of one session; if these are, explain in the README what differed",
    requires=MEASURED | {"PWR011", "PWR020"},
)
def _like_ranging(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    power = facts.power
    if power is None:
        return
    for _, before in _measured(power, facts.ranging, ranging=True):
        for run, samples in _measured(power, facts.performance):
            for unit, value, other, (low, high) in (
                ("W mean", samples.mean_watts, before.mean_watts, policy.tolerances.power_again),
                ("V at most", samples.most_volts, before.most_volts, policy.tolerances.volts_again),
            ):
                if value and other and other > 0 and not low <= value / other <= high:
                    yield Breach(
                        at=f"{run.folder}/spl.txt",
                        found=f"{value:.6g} {unit}",
                        expected=f"about {other:.6g}, as in the ranging run",
                    )


@rule(
    id="PWR023",
    title="Power samples fill the server's testing phase",
    fault="Power samples lie outside of the server's testing phase",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=SESSION,
    hint="submit the files of one session as the power tools wrote them",
    requires=MEASURED | {"PWR007", "PWR020"},
)
def _fill_phase(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    power = facts.power
    stamps = _stamps(power, "server.json")
    if power is None or stamps is None:
        return
    begin, end, most = stamps[1], stamps[3], policy.tolerances.power_phase_s
    for run, samples in _measured(power, facts.performance):
        if samples.first is None or samples.last is None:
            continue
        first, last = _seconds(samples.first), _seconds(samples.last)
        late = (first - begin + QUARTER_S / 2) % QUARTER_S - QUARTER_S / 2
        if abs((last - first) - (end - begin)) > most or abs(late) > most:
            yield Breach(
                at=f"{run.folder}/spl.txt",
                found=f"samples of {last - first:.0f} s from {samples.first:%H:%M:%S}",
                expected=f"{end - begin:.0f} s from {_clock(begin)}, as server.json has it"
                " (in whatever time zone)",
            )


@rule(
    id="PWR024",
    title="The run lies in the client's testing phase, and the server's is the same",
    fault="The run lies outside of the client's testing phase, or the server's is another",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=SESSION,
    hint="submit the files of one session as the power tools wrote them",
    requires=frozenset({"PWR002", "PWR003", "PWR007"}),
)
def _in_phase(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    power, run = facts.power, facts.performance
    stamps, server = _stamps(power, "client.json"), _stamps(power, "server.json")
    if power is None or stamps is None:
        return
    most, at_path = policy.tolerances.power_phase_s, f"{power.folder}/client.json"
    if server is not None and any(
        abs(one - other) > most for one, other in zip(stamps, server, strict=True)
    ):
        yield Breach(at=at_path, found=_phase(stamps), expected=f"{_phase(server)}, by server.json")
    if run is None or not isinstance(run.detail, DetailLog):
        return
    begin, end = (parse_time(run.log.get(key)) for key in ("power_begin", "power_end"))
    if begin is None or end is None:
        return
    ahead = math.ceil((_seconds(end) - stamps[2] - most) / QUARTER_S) * QUARTER_S
    if _seconds(begin) - ahead < stamps[1] - most:
        yield Breach(
            at=at_path,
            found=_phase(stamps),
            expected=f"one around the run from {begin:%H:%M:%S} to {end:%H:%M:%S}"
            " (in whatever time zone)",
        )


def _measured(
    power: PowerFacts, run: RunFacts | None, *, ranging: bool = False
) -> list[tuple[RunFacts, PowerSamples]]:
    """A run with its samples, if they are whole."""
    samples = power.ranging if ranging else power.testing
    whole = isinstance(samples, PowerSamples) and samples.fault is None and samples.sample_count
    if run is None or not whole or not isinstance(samples, PowerSamples):
        return []
    return [(run, samples)]


def _stamps(power: PowerFacts | None, name: str) -> tuple[float, ...] | None:
    document = power.documents.get(name) if power is not None else None
    return phase_stamps(document.value, "testing") if isinstance(document, Document) else None


def _off(one: float, other: float) -> float:
    """How far a number is from another one, as a share of that; 0 where that is 0."""
    return abs(one / other - 1) if other else 0.0


def _seconds(time: dt.datetime) -> float:
    return (time - EPOCH).total_seconds()


def _clock(stamp: float) -> str:
    second = int(stamp) % 86_400
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def _phase(stamps: tuple[float, ...]) -> str:
    return f"a testing phase from {_clock(stamps[1])} to {_clock(stamps[2])} UTC"
