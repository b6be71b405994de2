"""LOG: the detail log of a run: is it there, complete, and without errors."""

from __future__ import annotations

import math
from collections.abc import Iterator

from submission.checks.model import Breach, Counterpart, Scope, Severity, rule
from submission.checks.result_facts import RunFacts, RunKind
from submission.checks.rules.places import at
from submission.checks.rules.references import LOADGEN, RESULTS_LAYOUT
from submission.checks.rules.requirements import LOG_READ
from submission.checks.words import listed, shown
from submission.loadgen import Unreadable
from submission.loadgen.keys import OUTCOMES
from submission.policy import Policy

# What every run logs before it starts
ALWAYS = (
    "loadgen_version",
    "sut_name",
    "effective_scenario",
    "effective_test_mode",
    "effective_samples_per_query",
    "effective_min_duration_ms",
    "effective_min_query_count",
    "effective_performance_sample_count",
    "effective_qsl_rng_seed",
    "effective_sample_index_rng_seed",
    "effective_schedule_rng_seed",
    "qsl_reported_total_count",
)
NUMBERS = ALWAYS[4:]
TEXTS = ALWAYS[:4]
# Rates and latencies of tokens, which only some runs have
TOKENS = tuple(sorted(key for key in OUTCOMES if key.startswith("result_") and "_token" in key))


def _is_number(value: object) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


@rule(
    id="LOG001",
    title="The folder of a run is there",
    fault="The folder of a run is missing",
    scope=Scope.RUN,
    reference=RESULTS_LAYOUT,
    hint="run LoadGen in this mode and put its logs there",
    official=Counterpart.REFUSES,
    ranging=True,
)
def _folder(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    if not run.exists:
        yield Breach(at=run.folder, found="no such folder", expected=f"the {run.kind} run")


@rule(
    id="LOG002",
    title="A run has its detail log",
    fault="A run has no detail log",
    scope=Scope.RUN,
    reference=RESULTS_LAYOUT,
    hint="put LoadGen's mlperf_log_detail.txt of the run there",
    requires={"LOG001"},
    official=Counterpart.REFUSES,
    ranging=True,
)
def _detail(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    if run.detail is None:
        yield Breach(at=run.detail_path, found="no such file", expected="LoadGen's detail log")


@rule(
    id="LOG003",
    title="The detail log was written by LoadGen",
    fault="The detail log was not written by LoadGen",
    scope=Scope.RUN,
    reference=RESULTS_LAYOUT,
    hint="replace it by the log that LoadGen wrote",
    requires={"LOG001", "LOG002"},
    official=Counterpart.REFUSES,
    ranging=True,
)
def _readable(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    if isinstance(run.detail, Unreadable):
        yield Breach(at=run.detail_path, found=run.detail.why, expected="a readable file")
    elif run.log.marked_count == 0:
        found = f"{run.log.size_bytes} bytes, no line of LoadGen in them"
        yield Breach(at=run.detail_path, found=found, expected="lines that begin with :::MLLOG")


@rule(
    id="LOG004",
    title="Every line of the detail log is complete",
    fault="A line of the detail log is cut off",
    scope=Scope.RUN,
    reference=RESULTS_LAYOUT,
    hint="replace the log by the one that LoadGen wrote; it was cut or edited",
    requires=LOG_READ,
    official=Counterpart.CRASHES,
    ranging=True,
)
def _whole(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    if not _missing(run):
        yield from _faults(run)


@rule(
    id="LOG005",
    title="The detail log has the keys of a run",
    fault="The detail log lacks keys of a run",
    scope=Scope.RUN,
    reference=LOADGEN,
    hint="replace the log by the one that LoadGen wrote",
    requires=LOG_READ | {"LOG017"},
    official=Counterpart.REFUSES,
)
def _keys(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    for key in _missing(run):
        yield Breach(at=run.detail_path, key=key, found="no such key", expected="logged by LoadGen")


@rule(
    id="LOG006",
    title="Values in the detail log have their type",
    fault="A value in the detail log has another type",
    scope=Scope.RUN,
    reference=LOADGEN,
    hint="replace the log by the one that LoadGen wrote",
    requires=LOG_READ,
    official=Counterpart.REFUSES,
)
def _types(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    values = run.log.values
    for key in NUMBERS:
        if key in values and not _is_number(values[key]):
            yield at(run, key, expected="a finite number")
    for key in TOKENS:
        if key in values and not _is_number(values[key]):
            yield at(run, key, expected="a finite number")
    for key in TEXTS:
        if key in values and not isinstance(values[key], str):
            yield at(run, key, expected="text")


@rule(
    id="LOG007",
    title="LoadGen logged no error",
    fault="LoadGen logged errors",
    scope=Scope.RUN,
    reference=LOADGEN,
    hint="fix the cause and run again",
    requires=LOG_READ,
    official=Counterpart.REFUSES,
)
def _errors(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    forgive = run.benchmark.system.submitter.options.forgive_uncommitted
    for error in run.log.errors if run.full else ():
        if forgive and "Loadgen built with uncommitted changes!" in error.text:
            continue
        yield Breach(
            at=run.detail_path,
            line=error.line,
            key=error.key,
            found=shown(error.text),
            expected="a run without errors",
        )


@rule(
    id="LOG008",
    title="LoadGen logged no warning",
    fault="LoadGen logged warnings",
    scope=Scope.RUN,
    severity=Severity.NOTE,
    reference=LOADGEN,
    hint="read the line; many warnings are harmless",
    requires=LOG_READ,
)
def _warnings(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    if run.log.warnings and run.kind is RunKind.PERFORMANCE:
        first = run.log.warnings[0]
        yield Breach(
            at=run.detail_path,
            line=first.line,
            found=f"{len(run.log.warnings)} or more, the first: {shown(first.text, 120)}",
            expected="a run without warnings",
        )


@rule(
    id="LOG009",
    title="The detail log does not contradict itself",
    fault="The detail log contradicts itself",
    scope=Scope.RUN,
    reference=LOADGEN,
    hint="submit the log of one run; the first value is the one that counts officially",
    requires=LOG_READ,
    official=Counterpart.WARNS,
)
def _contradictions(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    for repeat in run.log.repeats:
        if repeat.differs:
            first = run.log.lines.get(repeat.key)
            yield Breach(
                at=run.detail_path,
                line=repeat.line,
                key=repeat.key,
                found=shown(repr(repeat.again)),
                expected=f"{shown(repr(repeat.first))} as on line {first}",
            )


@rule(
    id="LOG016",
    title="The detail log holds one run",
    fault="The detail log holds several runs",
    scope=Scope.RUN,
    severity=Severity.WARNING,
    reference=LOADGEN,
    hint="submit the log of one run",
    requires=LOG_READ,
    official=Counterpart.WARNS,
)
def _repeats(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    same = [repeat for repeat in run.log.repeats if not repeat.differs]
    if same:
        yield Breach(
            at=run.detail_path,
            line=same[0].line,
            key=same[0].key,
            found=f"logged again: {listed({repeat.key for repeat in same})}",
            expected="one run in one log",
        )


@rule(
    id="LOG017",
    title="The detail log is complete",
    fault="The detail log is not complete",
    scope=Scope.RUN,
    reference=RESULTS_LAYOUT,
    hint="replace the log by the one that LoadGen wrote; it was cut, and keys are lost",
    requires=LOG_READ,
    official=Counterpart.CRASHES,
    ranging=True,
)
def _complete(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    """Broken lines that took keys with them: what they held is not asked for again."""
    if _missing(run):
        yield from _faults(run)


def _faults(run: RunFacts) -> Iterator[Breach]:
    log = run.log
    for fault in log.faults:
        yield Breach(
            at=run.detail_path, line=fault.line, found=fault.what, expected="a line of LoadGen"
        )
    if log.fault_count > len(log.faults):
        more = log.fault_count - len(log.faults)
        yield Breach(at=run.detail_path, found=f"{more} more broken lines", expected="none")


def _missing(run: RunFacts) -> list[str]:
    """The keys that every run of the kind logs and this one did not."""
    wanted = (*ALWAYS, "result_validity") if run.measures else ALWAYS
    values = run.log.values
    return [key for key in wanted if key not in values]
