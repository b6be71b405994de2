"""LOG: the summary of a run, against its detail log."""

from __future__ import annotations

import math
from collections.abc import Iterator

from submission.checks.model import Breach, Counterpart, Rule, Scope
from submission.checks.result_facts import RunFacts
from submission.checks.words import shown
from submission.logs import Summary, Unreadable
from submission.policy import Policy
from submission.terms import Scenario

LAYOUT = "submission_rules.adoc, section 'Submission', directory structure of results"
# Name in the summary, key in the log
SUMMARY_NUMBERS = (
    ("Samples per second", "result_samples_per_second"),
    ("Scheduled samples per second", "result_scheduled_samples_per_sec"),
    ("Completed samples per second", "result_completed_samples_per_sec"),
    ("min_duration (ms)", "effective_min_duration_ms"),
    ("min_query_count", "effective_min_query_count"),
    ("qsl_rng_seed", "effective_qsl_rng_seed"),
    ("sample_index_rng_seed", "effective_sample_index_rng_seed"),
    ("schedule_rng_seed", "effective_schedule_rng_seed"),
    ("performance_sample_count", "effective_performance_sample_count"),
)
SAMPLE_LATENCIES = (
    ("Min latency (ns)", "result_min_latency_ns"),
    ("Max latency (ns)", "result_max_latency_ns"),
    ("Mean latency (ns)", "result_mean_latency_ns"),
)
# The summary of MultiStream tells the latencies of its queries, eight samples each
QUERY_LATENCIES = (
    ("Min latency (ns)", "result_min_query_latency_ns"),
    ("Max latency (ns)", "result_max_query_latency_ns"),
    ("Mean latency (ns)", "result_mean_query_latency_ns"),
)
ROUNDING = 1e-3


def _summary(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    if run.summary is None:
        yield Breach(at=run.summary_path, found="no such file", expected="LoadGen's summary")
    elif isinstance(run.summary, Unreadable):
        yield Breach(at=run.summary_path, found=run.summary.why, expected="a readable file")


def _summary_result(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    summary, validity = _summary_of(run), run.log.get("result_validity")
    if not run.measures:
        return
    if summary.validity is None:
        yield Breach(at=run.summary_path, found="no line 'Result is'", expected=str(validity))
    elif summary.validity != validity:
        yield _summary_breach(run, "Result is", validity)


def _summary_names(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    pairs = (
        ("SUT name", "sut_name"),
        ("Scenario", "effective_scenario"),
        ("Mode", "effective_test_mode"),
    )
    summary = _summary_of(run)
    for name, key in pairs:
        text, logged = summary.get(name), run.log.text(key)
        if text is not None and logged is not None and text.strip() != logged.strip():
            yield _summary_breach(run, name, logged)


def _summary_numbers(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    summary = _summary_of(run)
    multistream = run.logged_scenario is Scenario.MULTI_STREAM
    latencies = QUERY_LATENCIES if multistream else SAMPLE_LATENCIES
    for name, key in (*SUMMARY_NUMBERS, *latencies):
        text, logged = summary.get(name), run.log.number(key)
        if text is None or logged is None:
            continue
        if not _agree(text, logged):
            yield _summary_breach(run, name, logged)


def _agree(text: str, logged: float) -> bool:
    """Equal as far as the summary's rounding allows."""
    if isinstance(logged, int):
        return text == str(logged) or _close(text, logged)
    return _close(text, logged)


def _close(text: str, logged: float) -> bool:
    try:
        return math.isclose(float(text), float(logged), rel_tol=ROUNDING, abs_tol=0.006)
    except (ValueError, OverflowError):
        return False


def _summary_of(run: RunFacts) -> Summary:
    if not isinstance(run.summary, Summary):
        raise TypeError(f"{run.folder} has no readable summary")
    return run.summary


def _summary_breach(run: RunFacts, name: str, logged: object) -> Breach:
    summary = _summary_of(run)
    return Breach(
        at=run.summary_path,
        line=summary.lines.get(name),
        key=name,
        found=shown(summary.values.get(name, "")),
        expected=f"{shown(str(logged))} as in mlperf_log_detail.txt",
    )


_READ = frozenset({"LOG001", "LOG002", "LOG003"})
_SUMMARY = _READ | {"LOG010"}


RULES = (
    Rule(
        id="LOG010",
        title="A run has its summary",
        scope=Scope.RUN,
        reference=LAYOUT,
        hint="put LoadGen's mlperf_log_summary.txt of the run there",
        requires=frozenset({"LOG001"}),
        test=_summary,
        official=Counterpart.LOGS_ONLY,
    ),
    Rule(
        id="LOG011",
        title="Summary and detail log give the same verdict",
        scope=Scope.RUN,
        reference=LAYOUT,
        hint="hand in both files of one run",
        requires=_SUMMARY,
        test=_summary_result,
    ),
    Rule(
        id="LOG012",
        title="Summary and detail log are of the same SUT, scenario and mode",
        scope=Scope.RUN,
        reference=LAYOUT,
        hint="hand in both files of one run",
        requires=_SUMMARY,
        test=_summary_names,
    ),
    Rule(
        id="LOG013",
        title="Summary and detail log have the same numbers",
        scope=Scope.RUN,
        reference=LAYOUT,
        hint="hand in both files of one run",
        requires=_SUMMARY | {"LOG012"},
        test=_summary_numbers,
    ),
)
