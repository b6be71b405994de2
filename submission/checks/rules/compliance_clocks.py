"""CMP: how a performance run fills its time, against the compliance runs that prove it."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.model import CLOSED, Breach, Scope, Severity, rule
from submission.checks.relations import LogFigures
from submission.checks.relations.clocks import MEAN_KEYS, stamped_ms
from submission.checks.relations.relation import numbers
from submission.checks.result_facts import ResultFacts, RunFacts
from submission.checks.rules.compliance import existing
from submission.checks.rules.places import at
from submission.checks.rules.requirements import TESTS_THERE
from submission.loadgen import DetailLog
from submission.policy import Policy
from submission.terms import NS_PER_MS


@rule(
    id="CMP026",
    title="A performance run leaves about as little time unused as its compliance runs",
    fault="A run leaves more time unused than its compliance runs",
    scope=Scope.RESULT,
    divisions=CLOSED,
    severity=Severity.WARNING,
    reference="LoadGen: latencies, power_begin, power_end and time_ms",
    hint="submit the log as LoadGen wrote it; if this is it, find out what took time in that run",
    requires=TESTS_THERE,
)
def _unused(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    """The same SUT answers the same queries: only a figure that was altered stands out.

    Of several compliance runs the first that says so is named.
    """
    own = _figures(facts.performance)
    if own is None or facts.performance is None:
        return
    tests = [(test.test, run) for test in existing(facts) if (run := _figures(test.run))]
    tests = [(name, run) for name, run in tests if run.scenario is own.scenario]
    mean = MEAN_KEYS.get(own.scenario, "") if own.scenario is not None else ""
    for key, words in (("power_end", _tail), (mean, _gaps)):
        found = (said for name, run in tests if (said := words(name, own, run, policy)))
        expected = next(found, None)
        if expected is not None:
            yield at(facts.performance, key, expected=expected)


def _figures(run: RunFacts | None) -> LogFigures | None:
    if run is None or not isinstance(run.detail, DetailLog):
        return None
    return LogFigures.of(run)


def _tail(test: str, own: LogFigures, other: LogFigures, policy: Policy) -> str | None:
    """What should be, where much more time passed after the last answer of the own run."""
    tails = _tail_ms(own), _tail_ms(other)
    counts = [numbers(run, "result_query_count", *_EACH) for run in (own, other)]
    if tails[0] is None or tails[1] is None or counts[0] is None or counts[1] is None:
        return None
    more = max(counts[0][0] * counts[0][1] - counts[1][0] * counts[1][1], 0)
    within = policy.tolerances
    allowed = within.tail_differs_ms + within.log_tail_ms_per_sample * more
    if tails[0] - tails[1] <= allowed:
        return None
    return (
        f"LoadGen's next line soon after it, as in {test} ({tails[1] / 1000:.1f} s,"
        f" not {tails[0] / 1000:.1f} s)"
    )


_EACH = ("generated_samples_per_query",)


def _tail_ms(run: LogFigures) -> float | None:
    stamped = stamped_ms(run)
    return None if stamped is None or run.span_ms is None else stamped - run.span_ms


def _gaps(test: str, own: LogFigures, other: LogFigures, policy: Policy) -> str | None:
    """What should be, where the queries of a stream fill less of the own run."""
    mine, theirs = _filled(own), _filled(other)
    if mine is None or theirs is None:
        return None
    (share, gap_ns), (others, others_ns) = mine, theirs
    within = policy.tolerances
    if share < within.stream_filled:  # which PRF027 reports
        return None
    if others - share <= within.stream_differs or gap_ns - others_ns <= within.stream_gap_ns / 4:
        return None
    return f"queries that fill {others:.1%} of their run as in {test}, not {share:.1%}"


def _filled(run: LogFigures) -> tuple[float, float] | None:
    """How much of a stream's run its queries fill, and the mean time between two of them."""
    key = MEAN_KEYS.get(run.scenario) if run.scenario is not None else None
    found = numbers(run, key, "result_query_count") if key is not None else None
    if found is None or run.span_ms is None or found[1] < 1:
        return None
    mean, count = found
    span = run.span_ms * NS_PER_MS
    return mean * count / span, span / count - mean
