"""PRF: what a performance run (and a compliance run) must have been."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.arithmetic import (
    loadgen_duration,
    measured_duration_ms,
    token_keys,
    tokens_per_sample,
)
from submission.checks.model import CLOSED, Breach, Counterpart, Scope, Severity, rule
from submission.checks.result_facts import RunFacts, RunKind
from submission.checks.rules.places import at
from submission.checks.rules.references import GENERAL_RULES, RESULTS_LAYOUT, SCENARIOS
from submission.checks.rules.requirements import LOG_READ, LOG_TYPED
from submission.checks.words import listed, shown
from submission.policy import Policy
from submission.terms import Mode, Scenario

# A scenario's result may be inferred from a run of another one, on edge systems only
INFERRED_FROM = {
    Scenario.OFFLINE: {Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM},
    Scenario.MULTI_STREAM: {Scenario.SINGLE_STREAM},
}


AUDIT_CONFIG = "audit.config"
SUBMISSION_RUN = "SubmissionRun"
"""LoadGen's mode that runs AccuracyOnly and then PerformanceOnly into one log."""


@rule(
    id="PRF001",
    title="A run's folder holds the files of a run and no others",
    fault="The folder of a run lacks a file, or holds another one",
    scope=Scope.RUN,
    reference=RESULTS_LAYOUT,
    hint="add what is missing, move away what is not listed",
    requires={"LOG001"},
    official=Counterpart.LOGS_ONLY,
    ranging=True,
)
def _file_list(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    lists = policy.files
    allowed = {*lists.performance, *lists.performance_optional, *lists.anywhere_optional}
    required: tuple[str, ...] = ()
    if run.kind is RunKind.ACCURACY:
        allowed = {*lists.accuracy, *lists.anywhere_optional}
    elif run.has_power:
        required = lists.performance_power
        allowed |= set(required)
    for name in required:
        if name not in run.files:
            yield Breach(
                at=f"{run.folder}/{name}", found="no such file", expected="a power run's log"
            )
    for name in run.files:
        if name not in allowed:
            yield Breach(at=f"{run.folder}/{name}", found=shown(name), expected=listed(allowed, 12))


@rule(
    id="PRF002",
    title="LoadGen calls the run VALID",
    fault="LoadGen does not call the run VALID",
    scope=Scope.RUN,
    reference=GENERAL_RULES,
    hint="run again with the settings that LoadGen's summary recommends",
    requires=LOG_READ,
    official=Counterpart.REFUSES,
)
def _valid(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    validity = run.log.get("result_validity")
    if run.measures and "result_validity" in run.log.values and validity != "VALID":
        reason = run.log.text("result_invalid_reason") or run.log.text("early_stopping_result")
        words = f"{validity!r}" + (f": {shown(reason, 160)}" if reason else "")
        yield at(run, "result_validity", found=shown(words, 220), expected="VALID")


@rule(
    id="PRF003",
    title="A VALID run met its minimum duration, its queries and its constraints",
    fault="The run is VALID but missed its duration, queries or constraints",
    scope=Scope.RUN,
    reference=GENERAL_RULES,
    hint="submit the log that LoadGen wrote; it does not call such a run VALID",
    requires=LOG_READ | {"PRF002"},
)
def _flags(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    for key in ("result_min_duration_met", "result_min_queries_met", "result_perf_constraints_met"):
        if run.measures and key in run.log.values and run.log.get(key) is not True:
            yield at(run, key, expected="true")


@rule(
    id="PRF004",
    title="A run is in the mode of its folder",
    fault="The run is in another mode than its folder",
    scope=Scope.RUN,
    reference="inference_rules.adoc, section 'Load generator', test modes",
    hint="run LoadGen in the mode of the folder (PerformanceOnly or AccuracyOnly)",
    requires=LOG_TYPED,
)
def _test_mode(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    """An accuracy run may be the first half of a run that does both."""
    scores = run.kind is RunKind.ACCURACY
    wanted = Mode.ACCURACY.loadgen if scores else Mode.PERFORMANCE.loadgen
    allowed = (wanted, SUBMISSION_RUN) if scores else (wanted,)
    if run.log.text("effective_test_mode") not in allowed:
        yield at(run, "effective_test_mode", expected=wanted)


@rule(
    id="PRF005",
    title="A run is of the scenario of its folder",
    fault="The run is of another scenario than its folder",
    scope=Scope.RUN,
    reference=SCENARIOS,
    hint="run the scenario; edge systems may infer from SingleStream or MultiStream",
    requires=LOG_TYPED,
)
def _scenario(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    if not is_of_its_folder(run):
        why = " (inferred results are for edge systems)" if _inferable(run) else ""
        yield at(run, "effective_scenario", expected=f"{run.scenario}{why}")


def _inferable(run: RunFacts) -> bool:
    return run.logged_scenario in INFERRED_FROM.get(run.scenario, set())


@rule(
    id="PRF008",
    title="The minimum duration is set to that of the round",
    fault="The minimum duration is set below that of the round",
    scope=Scope.RUN,
    reference=SCENARIOS + ", minimum duration",
    hint="set min_duration in user.conf",
    requires=LOG_TYPED,
    official=Counterpart.LOGS_ONLY,
)
def _asked_duration(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    duration = run.log.number("effective_min_duration_ms")
    least = policy.min_duration(run.benchmark.terms)
    if run.measures and duration is not None and duration < least:
        yield at(run, "effective_min_duration_ms", expected=f"at least {least} ms")


@rule(
    id="PRF009",
    title="The run lasted as long as the round requires",
    fault="The run is shorter than the round requires",
    scope=Scope.RUN,
    reference=SCENARIOS + ", minimum duration",
    hint="raise target_qps so that LoadGen issues more work",
    requires=LOG_TYPED | {"PRF004", "PRF008"},
)
def _measured_duration(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    """By the wall clock, which may be set while a run lasts."""
    least, wall = policy.min_duration(run.benchmark.terms), measured_duration_ms(run.log)
    if run.has_power and wall is not None and wall <= 0:
        return  # PWR003 reports it
    if run.measures and wall is not None and wall < least * (1 - policy.tolerances.clock):
        found = f"{wall:.0f} ms after power_begin"
        yield at(run, "power_end", found=found, expected=f"at least {least} ms")


@rule(
    id="PRF015",
    title="The SUT of a network system says so in its name",
    fault="The SUT of a network system is not named as one",
    scope=Scope.RUN,
    reference="inference_rules.adoc, section 'Network division', SUT name",
    hint="put the words that the round asks for into the SUT's name",
    requires=LOG_TYPED,
    official=Counterpart.REFUSES,
)
def _network_name(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    name = run.log.text("sut_name")
    network = run.measures and run.benchmark.system.is_network
    if network and name is not None and policy.network_sut_name not in name:
        yield at(run, "sut_name", expected=f"a name with {policy.network_sut_name!r} in it")


@rule(
    id="PRF025",
    title="The work lasted as long as the round requires",
    fault="The work is shorter than the round requires",
    scope=Scope.RUN,
    reference=SCENARIOS + ", minimum duration",
    hint="raise target_qps so that LoadGen issues more work",
    requires=LOG_TYPED,
)
def _loadgen_duration(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    """By LoadGen's own clock, unless another rule reports the duration already."""
    least = policy.min_duration(run.benchmark.terms)
    own = loadgen_duration(run.log, run.logged_scenario)
    if not run.measures or own is None or own[1] >= least * (1 - policy.tolerances.clock):
        return
    if _asked_duration.holds(run, policy) and _measured_duration.holds(run, policy):
        yield at(run, own[0], found=f"{own[1]:.0f} ms", expected=f"at least {least} ms")


def is_of_its_folder(run: RunFacts) -> bool:
    """Whether a run is of its folder's scenario, or of one from which that may be inferred."""
    if run.logged_scenario is run.scenario.logged:
        return True
    return _inferable(run) and run.benchmark.system.is_edge


@rule(
    id="PRF031",
    title="A result's own runs were not made with the settings of a compliance test",
    fault="The result's own run has the settings of a compliance test",
    scope=Scope.RUN,
    severity=Severity.WARNING,
    reference="LoadGen: audit.config overrides its settings",
    hint="remove audit.config from the folder that LoadGen runs in, and run again",
    requires=LOG_READ,
)
def _audited(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    own = run.kind in (RunKind.PERFORMANCE, RunKind.ACCURACY)
    for warning in run.log.warnings if own else ():
        if AUDIT_CONFIG in warning.text:
            yield Breach(
                at=run.detail_path,
                line=warning.line,
                key=warning.key,
                found=shown(warning.text, 120),
                expected="no audit.config: it is for compliance tests",
            )


@rule(
    id="PRF033",
    title="Answers have no more tokens than the benchmark asks for",
    fault="Answers have more tokens than the benchmark asks for",
    scope=Scope.RUN,
    divisions=CLOSED,
    severity=Severity.WARNING,
    reference="LoadGen: tokens over samples; the reference implementation ends an answer",
    hint="submit the log as LoadGen wrote it, with as many tokens as the reference generates",
    requires=LOG_TYPED,
)
def _answers_end(run: RunFacts, policy: Policy) -> Iterator[Breach]:
    most = run.benchmark.terms.answer_tokens if run.benchmark.terms is not None else None
    each = tokens_per_sample(run.log, run.logged_scenario) if most and run.measures else None
    if most and each and each > most * (1 + policy.tolerances.answer_tokens):
        key, _ = token_keys(run.logged_scenario)
        yield at(run, key, expected=f"at most {most} tokens a sample, not {each:.6g}")
