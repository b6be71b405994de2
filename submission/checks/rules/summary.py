"""LOG: the summary of a run, against its detail log."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.arithmetic import hundredths
from submission.checks.model import Breach, Counterpart, Scope, rule
from submission.checks.result_facts import RunFacts
from submission.checks.rules.references import RESULTS_LAYOUT
from submission.checks.rules.requirements import LOG_READ
from submission.checks.words import shown
from submission.loadgen import Summary, Unreadable
from submission.loadgen.detail_lines import KEPT as ERRORS_KEPT
from submission.loadgen.keys import PERCENTILES
from submission.policy import Policy
from submission.terms import Scenario

# Name in the summary, key in the log
SUMMARY_NUMBERS: tuple[tuple[str, str], ...] = (
    ("Samples per second", "result_samples_per_second"),
    ("Scheduled samples per second", "result_scheduled_samples_per_sec"),
    ("Completed samples per second", "result_completed_samples_per_sec"),
    ("Tokens per second", "result_tokens_per_second"),
    ("Completed tokens per second", "result_completed_tokens_per_second"),
    ("Tokens per second (inferred)", "result_inferred_tokens_per_second"),
    ("Completed tokens per second (inferred)", "result_inferred_completed_tokens_per_second"),
    *(
        (f"{word} First Token latency (ns)", f"result_first_token_{word.lower()}_latency_ns")
        for word in ("Min", "Max", "Mean")
    ),
    *(
        (f"{word} Time {of} Output Token (ns)", f"result_time_to_output_token_{word.lower()}")
        for word in ("Min", "Max", "Mean")
        for of in ("to", "per")
    ),
    *(
        (
            f"{p} percentile first token latency (ns)",
            f"result_first_token_{p}_percentile_latency_ns",
        )
        for p in PERCENTILES
    ),
    *(
        (
            f"{p} percentile time to output token (ns)",
            f"result_time_per_output_token_{p}_percentile_ns",
        )
        for p in PERCENTILES
    ),
    (
        "90.0th first token percentile latency (ns)",
        "result_first_token_90.00_percentile_latency_ns",
    ),
    ("ttft_latency (ns)", "requested_server_ttft_latency"),
    ("tpot_latency (ns)", "requested_server_tpot_latency"),
    ("accuracy_sample_count", "effective_accuracy_sample_count"),
    ("QPS w/ loadgen overhead", "result_qps_with_loadgen_overhead"),
    ("QPS w/o loadgen overhead", "result_qps_without_loadgen_overhead"),
    ("samples_per_query", "effective_samples_per_query"),
    ("target_qps", "effective_target_qps"),
    ("target_latency (ns)", "effective_target_latency_ns"),
    ("max_async_queries", "effective_max_async_queries"),
    ("min_duration (ms)", "effective_min_duration_ms"),
    ("max_duration (ms)", "effective_max_duration_ms"),
    ("min_query_count", "effective_min_query_count"),
    ("max_query_count", "effective_max_query_count"),
    ("qsl_rng_seed", "effective_qsl_rng_seed"),
    ("sample_index_rng_seed", "effective_sample_index_rng_seed"),
    ("schedule_rng_seed", "effective_schedule_rng_seed"),
    ("accuracy_log_rng_seed", "effective_accuracy_log_rng_seed"),
    ("accuracy_log_probability", "effective_accuracy_log_probability"),
    ("accuracy_log_sampling_target", "effective_accuracy_log_sampling_target"),
    ("print_timestamps", "effective_print_timestamps"),
    ("performance_issue_unique", "effective_performance_issue_unique"),
    ("performance_issue_same", "effective_performance_issue_same"),
    ("performance_issue_same_index", "effective_performance_issue_same_index"),
    ("performance_sample_count", "effective_performance_sample_count"),
)
SAMPLE_LATENCIES: tuple[tuple[str, str], ...] = (
    ("90th percentile latency (ns)", "result_90.00_percentile_latency_ns"),
    ("90.0th percentile latency (ns)", "result_90.00_percentile_latency_ns"),
    ("Min latency (ns)", "result_min_latency_ns"),
    ("Max latency (ns)", "result_max_latency_ns"),
    ("Mean latency (ns)", "result_mean_latency_ns"),
    *((f"{p} percentile latency (ns)", f"result_{p}_percentile_latency_ns") for p in PERCENTILES),
)
# The summary of MultiStream has the latencies of its queries, not of their samples
QUERY_LATENCIES: tuple[tuple[str, str], ...] = (
    ("Min latency (ns)", "result_min_query_latency_ns"),
    ("Max latency (ns)", "result_max_query_latency_ns"),
    ("Mean latency (ns)", "result_mean_query_latency_ns"),
    ("99th percentile latency (ns)", "result_99.00_percentile_per_query_latency_ns"),
    ("99.0th percentile latency (ns)", "result_99.00_percentile_per_query_latency_ns"),
    *(
        (f"{p} percentile latency (ns)", f"result_{p}_percentile_per_query_latency_ns")
        for p in PERCENTILES
    ),
)
OF_SAMPLES = dict((*SUMMARY_NUMBERS, *SAMPLE_LATENCIES))
OF_QUERIES = dict((*SUMMARY_NUMBERS, *QUERY_LATENCIES))
"""Key in the log by the name in the summary; the second of a MultiStream run."""

# What the summary answers with Yes or No
ADVICE = "Recommendations"
SATISFIED = (
    ("Performance constraints satisfied", "result_perf_constraints_met"),
    ("Min duration satisfied", "result_min_duration_met"),
    ("Min queries satisfied", "result_min_queries_met"),
    ("Early stopping satisfied", "early_stopping_met"),
)
# Rates that the summary rounds to hundredths; other figures stand there as in the log
TWO_DECIMALS = frozenset(
    [
        "Scheduled samples per second",
        "Completed samples per second",
        "Completed tokens per second",
        "Completed tokens per second (inferred)",
        "QPS w/ loadgen overhead",
        "QPS w/o loadgen overhead",
    ]
)
_SUMMARY_READ = LOG_READ | {"LOG010"}


@rule(
    id="LOG010",
    title="A run has its summary",
    fault="A run has no summary",
    scope=Scope.RUN,
    reference=RESULTS_LAYOUT,
    hint="put LoadGen's mlperf_log_summary.txt of the run there",
    requires={"LOG001"},
    official=Counterpart.LOGS_ONLY,
    ranging=True,
)
def _summary(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    if run.summary is None:
        yield Breach(at=run.summary_path, found="no such file", expected="LoadGen's summary")
    elif isinstance(run.summary, Unreadable):
        yield Breach(at=run.summary_path, found=run.summary.why, expected="a readable file")
    elif run.summary.size_bytes == 0:
        yield Breach(at=run.summary_path, found="an empty file", expected="LoadGen's summary")


@rule(
    id="LOG011",
    title="Summary and detail log give the same verdict",
    fault="Summary and detail log give different verdicts",
    scope=Scope.RUN,
    reference=RESULTS_LAYOUT,
    hint="submit both files of one run",
    requires=_SUMMARY_READ,
)
def _summary_result(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    summary, validity = _summary_of(run), run.log.get("result_validity")
    if not run.measures or "result_validity" not in run.log.values:
        return
    if summary.validity is None:
        yield Breach(at=run.summary_path, found="no line 'Result is'", expected=str(validity))
    elif summary.validity != validity:
        yield _summary_breach(run, "Result is", "result_validity")


@rule(
    id="LOG012",
    title="Summary and detail log are of the same SUT, scenario and mode",
    fault="Summary and detail log differ in SUT, scenario or mode",
    scope=Scope.RUN,
    reference=RESULTS_LAYOUT,
    hint="submit both files of one run",
    requires=_SUMMARY_READ,
)
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
            yield _summary_breach(run, name, key)


@rule(
    id="LOG013",
    title="Summary and detail log have the same numbers",
    fault="Summary and detail log have different numbers",
    scope=Scope.RUN,
    reference=RESULTS_LAYOUT,
    hint="submit both files of one run",
    requires=_SUMMARY_READ | {"LOG012", "LOG020"},
)
def _summary_numbers(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    summary = _summary_of(run)
    multistream = run.logged_scenario is Scenario.MULTI_STREAM
    keys = OF_QUERIES if multistream else OF_SAMPLES
    values = run.log.values
    for name, text in summary.values.items():
        key = keys.get(name)
        logged = values.get(key) if key is not None else None
        if key is None or not isinstance(logged, int | float):
            continue
        if type(logged) is int and text == str(logged):
            continue  # as nearly all are
        if not _agree(text, logged, rounded=name in TWO_DECIMALS):
            yield _summary_breach(run, name, key)


def _agree(text: str, logged: float, *, rounded: bool) -> bool:
    """Whole numbers as text; real ones as LoadGen writes them, with six digits or two decimals."""
    if isinstance(logged, int) and not rounded:
        return text == str(int(logged))
    try:
        stated = float(text)
    except ValueError:
        return False
    if not rounded:
        return stated == logged
    low, high = hundredths(logged)
    return low <= stated <= high


@rule(
    id="LOG018",
    title="Summary and detail log agree on what was satisfied",
    fault="Summary and detail log differ in what was satisfied",
    scope=Scope.RUN,
    reference=RESULTS_LAYOUT,
    hint="submit both files of one run",
    requires=_SUMMARY_READ | {"LOG012"},
)
def _summary_satisfied(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    summary = _summary_of(run)
    for name, key in SATISFIED:
        text, logged = (summary.get(name) or "").lower(), run.log.get(key)
        if text in ("yes", "no") and isinstance(logged, bool) and logged is not (text == "yes"):
            yield _summary_breach(run, name, key)
    if ADVICE in summary.values and run.log.get("result_validity") == "VALID":
        expected = "none, as LoadGen gives them only where the run is INVALID"
        yield Breach(
            at=run.summary_path, line=summary.lines[ADVICE], found=ADVICE, expected=expected
        )


@rule(
    id="LOG019",
    title="Summary and detail log agree on whether there were errors",
    fault="Summary and detail log differ in whether there were errors",
    scope=Scope.RUN,
    reference=RESULTS_LAYOUT,
    hint="submit both files of one run, as LoadGen wrote them",
    requires=_SUMMARY_READ | {"LOG004", "LOG007", "LOG012", "LOG017"},
)
def _summary_errors(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    counted, logged = _summary_of(run).error_count, len(run.log.errors)
    # of a detail log only the first errors are kept
    if counted is not None and (counted < logged or counted > logged < ERRORS_KEPT):
        found = f"{counted} errors" if counted else "no errors"
        expected = f"{logged} or more as in" if logged else "none, as there are none in"
        yield Breach(at=run.summary_path, found=found, expected=f"{expected} mlperf_log_detail.txt")


@rule(
    id="LOG020",
    title="The summary is complete",
    fault="The summary is not complete",
    scope=Scope.RUN,
    reference=RESULTS_LAYOUT,
    hint="put LoadGen's mlperf_log_summary.txt of the run there; it was cut",
    requires=_SUMMARY_READ | {"LOG011"},
)
def _summary_whole(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    """LoadGen's last sentence is how many errors it met."""
    if run.measures and _summary_of(run).error_count is None:
        found = "no sentence on errors at its end"
        yield Breach(at=run.summary_path, found=found, expected="'No errors encountered ...'")


@rule(
    id="LOG030",
    title="Summary and detail log have the same sentences on early stopping",
    fault="Summary and detail log differ in their sentences on early stopping",
    scope=Scope.RUN,
    reference=RESULTS_LAYOUT,
    hint="submit both files of one run",
    requires=_SUMMARY_READ | {"LOG012", "LOG020"},
)
def _summary_stopping(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    """The estimates, and the counts that they are made of; the log has them on one line."""
    found, logged = _summary_of(run).early_stopping, run.log.text("early_stopping_result")
    if found is not None and logged is not None and found.split() != logged.split():
        yield Breach(
            at=run.summary_path,
            key="Early Stopping Result",
            found=shown(" ".join(found.split()), 200),
            expected=f"{shown(' '.join(logged.split()), 200)} as in mlperf_log_detail.txt",
            mirrors="early_stopping_result",
        )


def _summary_of(run: RunFacts) -> Summary:
    if not isinstance(run.summary, Summary):
        raise TypeError(f"{run.folder} has no readable summary")
    return run.summary


def _summary_breach(run: RunFacts, name: str, key: str) -> Breach:
    """A line of the summary that says other than a key of the log."""
    summary, logged = _summary_of(run), run.log.get(key)
    return Breach(
        at=run.summary_path,
        line=summary.lines.get(name),
        key=name,
        found=shown(summary.values.get(name, "")),
        expected=f"{shown(str(logged))} as in mlperf_log_detail.txt",
        mirrors=key,
    )
