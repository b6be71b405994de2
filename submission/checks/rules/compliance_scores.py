"""CMP: what a compliance test measured, against the performance run that it proves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from submission.checks.arithmetic import hundredths
from submission.checks.model import CLOSED, Breach, Scope, Severity, rule
from submission.checks.result_facts import ComplianceFacts, ResultFacts, RunFacts
from submission.checks.rules.compliance import existing
from submission.checks.rules.places import at
from submission.checks.rules.requirements import TESTS_THERE
from submission.loadgen import DetailLog
from submission.loadgen.accuracy_text import as_number
from submission.loadgen.names import PASS
from submission.policy import ComplianceTest, Policy
from submission.terms import NS_PER_S, Scenario

README = "compliance tests of the round, README of the test, pass criteria"
SCORES = re.compile(r"reference score = (\S{1,40})\s+test score = (\S{1,40})")
COUNT = re.compile(r"^(num_\w{1,40}) = (\d{1,18})\s*$", re.MULTILINE)
# What the verifications take for the score; the first is that of the round's own scripts
SCORE_KEYS = {
    Scenario.SINGLE_STREAM: ("early_stopping_latency_ss", "result_90.00_percentile_latency_ns"),
    Scenario.MULTI_STREAM: (
        "early_stopping_latency_ms",
        "result_99.00_percentile_per_query_latency_ns",
    ),
    Scenario.SERVER: ("result_completed_samples_per_sec", "result_scheduled_samples_per_sec"),
    Scenario.OFFLINE: ("result_samples_per_second",),
}
LATENCIES = (Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM)
MISMATCHES = ("num_acc_log_data_mismatch", "num_perf_log_data_mismatch", "num_missing_qsl_idxs")


@rule(
    id="CMP010",
    title="A verification that passed compared scores as near as the test wants them",
    fault="A verification passed although its scores are too far apart",
    scope=Scope.RESULT,
    divisions=CLOSED,
    reference=README,
    hint="run the verification script again and submit its output",
    requires=TESTS_THERE | {"CMP003"},
)
def _scores(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    for test, reference, score in _verified(facts):
        scenario = _scenario(test.run)
        terms = policy.compliance[test.test]
        # a test that may be slower writes rates in every scenario
        as_latency = scenario in LATENCIES and not terms.may_be_slower
        allowed = _allowed(terms, scenario, reference if as_latency else 0.0, policy)
        if reference and not _near(score / reference, allowed, one_sided=terms.may_be_slower):
            yield Breach(
                at=_output(test),
                key="test score",
                found=f"{score:g}, {score / reference - 1:+.1%}",
                expected=f"{_bound(terms, allowed)} the reference score, {reference:g}",
            )


@rule(
    id="CMP016",
    title="A compliance run is as fast as the performance run that it proves",
    fault="A compliance run is not as fast as the run that it proves",
    scope=Scope.RESULT,
    divisions=CLOSED,
    reference=README,
    hint="run the test again beside the performance run that is submitted",
    requires=TESTS_THERE,
)
def _as_fast(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    own = _log(facts.performance)
    for test in existing(facts):
        log, run, scenario = _log(test.run), test.run, _scenario(test.run)
        terms = policy.compliance[test.test]
        if not terms.full or own is None or log is None or run is None or scenario is None:
            continue
        key = SCORE_KEYS[scenario][0]
        score, reference = log.number(key), own.number(key)
        if not score or not reference or min(score, reference) <= 0:
            continue
        # above 1 is faster
        ratio = reference / score if scenario in LATENCIES else score / reference
        allowed = _allowed(terms, scenario, reference, policy)
        near = _near(score / reference, allowed)
        if ratio - 1 >= allowed or (not terms.may_be_slower and not near):
            bound = _bound(terms, allowed)
            yield at(run, key, expected=f"{bound} the performance run's, {reference:g}")


@rule(
    id="CMP017",
    title="The test score of a verification is that of the compliance run",
    fault="The test score of a verification is not that of the compliance run",
    scope=Scope.RESULT,
    divisions=CLOSED,
    severity=Severity.WARNING,
    reference=README,
    hint="run the verification script on the logs that are submitted",
    requires=TESTS_THERE | {"CMP003"},
)
def _own_score(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for test, _, score in _verified(facts):
        known = _possible(test.run)
        if known and not _among(score, known):
            expected = f"{known[0]:g} by the log of the compliance run"
            yield Breach(at=_output(test), key="test score", found=f"{score:g}", expected=expected)


@rule(
    id="CMP018",
    title="The reference score of a verification is that of the performance run",
    fault="The reference score of a verification is not that of the performance run",
    scope=Scope.RESULT,
    divisions=CLOSED,
    severity=Severity.WARNING,
    reference=README,
    hint="run the verification script on the performance run that is submitted",
    requires=TESTS_THERE | {"CMP003"},
)
def _own_reference(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for test, reference, _ in _verified(facts):
        known = _possible(facts.performance)
        if known and not _among(reference, known):
            yield Breach(
                at=_output(test),
                key="reference score",
                found=f"{reference:g}",
                expected=f"{known[0]:g} by the log of the performance run",
            )


@rule(
    id="CMP019",
    title="A verification of accuracy that passed found no mismatch",
    fault="A verification of accuracy passed with mismatches",
    scope=Scope.RESULT,
    divisions=CLOSED,
    reference=README,
    hint="run the verification script again and submit its output",
    requires=TESTS_THERE | {"CMP004"},
)
def _no_mismatch(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for test in existing(facts):
        counts = _counts(test)
        passed = isinstance(test.verify_accuracy, str) and PASS in test.verify_accuracy
        for name in MISMATCHES if passed else ():
            if counts.get(name):
                yield _count_breach(test, name, counts[name], "0, or TEST FAIL")
        names = ("num_perf_log_entries", "num_perf_log_qsl_idx_match", "num_missing_qsl_idxs")
        if set(names) <= set(counts):
            entries, matched, missing = (counts[name] for name in names)
            if matched + missing != entries:
                yield _count_breach(
                    test, names[1], matched, f"{entries - missing} of the {entries} entries"
                )


@rule(
    id="CMP020",
    title="A verification of accuracy read the whole accuracy log",
    fault="A verification of accuracy read a part of the accuracy log",
    scope=Scope.RESULT,
    divisions=CLOSED,
    severity=Severity.WARNING,
    reference=README,
    hint="run the verification script on the accuracy run that is submitted",
    requires=TESTS_THERE | {"CMP004"},
)
def _whole_log(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    accuracy = _log(facts.accuracy_run)
    total = accuracy.number("qsl_reported_total_count") if accuracy is not None else None
    for test in existing(facts):
        entries = _counts(test).get("num_acc_log_entries")
        if total is not None and entries is not None and entries < total:
            yield _count_breach(test, "num_acc_log_entries", entries, f"at least {total}")


def _verified(facts: ResultFacts) -> Iterator[tuple[ComplianceFacts, float, float]]:
    """Tests whose verification passed, with the reference score and the test's."""
    for test in existing(facts):
        text = test.verify_performance
        found = SCORES.search(text) if isinstance(text, str) and PASS in text else None
        reference, score = map(as_number, found.groups()) if found is not None else (None, None)
        if reference is not None and score is not None:
            yield test, reference, score


def _allowed(
    terms: ComplianceTest, scenario: Scenario | None, reference: float, policy: Policy
) -> float:
    """How far a test's score may be off; that of a very short latency more."""
    within = policy.tolerances
    short = within.short_latency_ns.get(scenario, 0) if scenario is not None else 0
    return within.short_score if 0 < reference <= short else terms.score_tolerance


def _near(ratio: float, allowed: float, *, one_sided: bool = False) -> bool:
    return ratio - 1 < allowed and (one_sided or ratio - 1 > -allowed)


def _bound(terms: ComplianceTest, allowed: float) -> str:
    if terms.may_be_slower:
        return f"at most {allowed:.0%} faster than"
    return f"within {allowed:.0%} of"


def _possible(run: RunFacts | None) -> list[float]:
    """The figures of a run that a verification may have taken for its score."""
    log, scenario = _log(run), _scenario(run)
    if log is None or scenario is None:
        return []
    found = [log.number(key) for key in SCORE_KEYS[scenario]]
    known = [float(value) for value in found if value]
    return known + [NS_PER_S / value for value in known if scenario in LATENCIES]


def _among(score: float, known: list[float]) -> bool:
    """Whether a score is one of these, as the summary writes them."""
    return any(low <= score <= high for low, high in map(hundredths, known))


def _counts(test: ComplianceFacts) -> dict[str, int]:
    text = test.verify_accuracy
    return {name: int(n) for name, n in COUNT.findall(text)} if isinstance(text, str) else {}


def _count_breach(test: ComplianceFacts, name: str, found: int, expected: str) -> Breach:
    return Breach(at=test.verify_accuracy_path, key=name, found=f"{found}", expected=expected)


def _output(test: ComplianceFacts) -> str:
    return test.verify_performance_path


def _log(run: RunFacts | None) -> DetailLog | None:
    detail = run.detail if run is not None else None
    return detail if isinstance(detail, DetailLog) else None


def _scenario(run: RunFacts | None) -> Scenario | None:
    return run.logged_scenario if run is not None and _log(run) is not None else None
