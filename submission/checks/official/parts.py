"""The official checker's verdicts on a result's accuracy, measurements, power and compliance.

Where the official checker ends in a traceback, the functions raise CrashError.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from submission.checks.official.run import RunVerdict, has_errors, judge_run
from submission.checks.result_facts import ComplianceFacts, ResultFacts
from submission.loadgen import (
    AccuracyJson,
    AccuracyText,
    DetailLog,
    Document,
    PowerSamples,
    Unreadable,
    parse_time,
)
from submission.loadgen.names import PASS
from submission.policy import BenchmarkTerms, MetricTarget, Policy
from submission.terms import Scenario

TOTAL = "qsl_reported_total_count"
PARTIAL_SET = "the accuracy run does not cover the data set"


class CrashError(Exception):
    """The official checker would end in a traceback; the message says why."""


@dataclass(frozen=True, kw_only=True)
class AccuracyVerdict:
    """Whether the accuracy is accepted, and its text in the results table."""

    valid: bool
    value: str | None
    reason: str | None = None


def crash_on_no_json(path: str, document: Document | Unreadable | None) -> None:
    """Raise CrashError for a file of JSON that the official checker cannot read."""
    if isinstance(document, Unreadable):
        raise CrashError(f"{path}: {document.why}")
    if document is not None and document.has_bom:
        raise CrashError(f"{path} begins with a byte order mark")


def differs(files: Iterable[str], wanted: Iterable[str], optional: Iterable[str]) -> bool:
    """Whether ``files`` are others than the wanted ones, apart from optional files."""
    return bool(set(files).symmetric_difference(wanted) - set(optional))


def measurement_is_bad(facts: ResultFacts, policy: Policy) -> bool:
    """Whether the measurements folder counts as an error; it is accepted all the same.

    Raises CrashError.
    """
    m = facts.measurement
    bad = any(name not in m.files for name in policy.files.measurements)
    if m.json_name is None:
        return True
    if isinstance(m.document, Unreadable):
        if m.document.why.startswith(("it holds a list", "it holds a string")):
            return True  # the official checker only asks `name in value`: no crash
        raise CrashError(f"{m.json_name}: {m.document.why}")
    if isinstance(m.document, Document):
        if m.document.has_bom:
            raise CrashError(f"{m.json_name} begins with a byte order mark")
        bad |= any(name not in m.document.value for name in policy.measurement_fields)
    return bad or not m.code_exists


def judge_accuracy(facts: ResultFacts, policy: Policy) -> AccuracyVerdict:
    """The verdict on a result's accuracy, always valid in the open division; raises CrashError."""
    accuracy, is_open = facts.accuracy, facts.division == "open"
    if accuracy.text is None:
        return AccuracyVerdict(valid=False, value=None, reason="accuracy.txt is missing")
    if isinstance(accuracy.text, Unreadable):
        raise CrashError(f"accuracy.txt: {accuracy.text.why}")
    if accuracy.text.official_fault is not None:
        raise CrashError(f"accuracy.txt: {accuracy.text.official_fault}")
    strict = policy.official.strict
    values, found = (strict_scores if strict else _text_reasons)(facts, accuracy.text)
    reasons = [*found, *_log_reasons(facts, policy)]
    return AccuracyVerdict(
        valid=is_open or not reasons,
        value=accuracy_cell(values, policy),
        reason=None if is_open else "; ".join(reasons) or None,
    )


Scores = tuple[Mapping[str, str | None], list[str]]


def accuracy_cell(values: Mapping[str, str | None], policy: Policy) -> str | None:
    """The accuracy as the results table has it."""
    if policy.official.all_accuracies:
        return "  ".join(f"{name}: {value}" for name, value in values.items())
    return next(iter(values.values()), None)


def strict_scores(facts: ResultFacts, text: AccuracyText) -> Scores:
    """The values and what is wrong with them, as a reader finds them that stops once all are good.

    A value below its target cannot be made good by a later one. Raises CrashError.
    """
    terms = facts.benchmark.terms
    metrics = terms.metrics if terms is not None else ()
    least = {m.name: m.least(facts.scenario) for m in metrics}
    most = {m.name: m.upper_limit for m in metrics}
    wanted = {name for name, target in least.items() if target is not None}
    values: dict[str, str | None] = {}
    seen: set[str] = set()
    reasons, digest = [], None
    for line in text.official_lines:
        for name, found in line.values.items():
            value, target, limit = _as_float(found), least[name], most[name]
            if target is not None:
                values[name] = found
                if value >= target:
                    seen.add(name)
                else:
                    reasons.append(f"accuracy {found} is below {target:.10g}")
            if limit is not None and value > limit:
                reasons.append(f"accuracy {found} is above {limit:.10g}")
        digest = line.digest or digest
        if seen >= wanted and digest:
            break
    reasons += [f"no {name} in accuracy.txt" for name in wanted if name not in values]
    reasons += [] if digest else ["no hash in accuracy.txt"]
    return values, reasons


def _as_float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise CrashError(f"accuracy.txt: {text} is not a number") from None


def _text_reasons(facts: ResultFacts, text: AccuracyText) -> Scores:
    terms, reasons = facts.benchmark.terms, []
    for metric in terms.metrics if terms is not None else ():
        text_value = text.official_values[metric.name]
        if not text_value:
            reasons.append("no accuracy in accuracy.txt")
            continue
        value = _as_float(text_value)
        if metric.target is not None and not value >= metric.target:
            reasons.append(f"accuracy {text_value} is below {metric.target:.10g}")
        if metric.upper_limit is not None and not value <= metric.upper_limit:
            reasons.append(f"accuracy {text_value} is above {metric.upper_limit:.10g}")
    if not text.official_hash:
        reasons.append("no hash in accuracy.txt")
    return text.official_values, reasons


def _log_reasons(facts: ResultFacts, policy: Policy) -> list[str]:
    log, reasons = facts.accuracy.log, []
    if log is None:
        reasons.append("mlperf_log_accuracy.json is missing")
    elif isinstance(log, AccuracyJson) and log.size_bytes > policy.accuracy_log.max_bytes:
        reasons.append("mlperf_log_accuracy.json is not truncated")
    run = facts.accuracy_run
    detail = run.detail if run is not None else None
    if detail is None:
        reasons.append("mlperf_log_detail.txt of the accuracy run is missing")
    elif isinstance(detail, Unreadable):
        raise CrashError(f"mlperf_log_detail.txt of the accuracy run: {detail.why}")
    elif detail.official_fault is not None:
        raise CrashError(f"mlperf_log_detail.txt of the accuracy run: {detail.official_fault}")
    else:
        if has_errors(detail, forgive_uncommitted=_forgives(facts)):
            reasons.append("LoadGen logged errors in the accuracy run")
        if policy.official.whole_set and not covers_set(facts, detail, TOTAL):
            reasons.append(PARTIAL_SET)
    return reasons


def covers_set(facts: ResultFacts, log: DetailLog, key: str) -> bool:
    """Whether the accuracy run had as many samples as the benchmark's data set."""
    if facts.options.skip_data_set_size:
        return True
    terms = facts.benchmark.terms
    return terms is not None and log.get(key) == terms.accuracy_samples(facts.scenario)


def has_accuracy_errors(facts: ResultFacts) -> bool:
    """Whether the accuracy run has errors of LoadGen that are not forgiven."""
    log = facts.accuracy_run.detail if facts.accuracy_run is not None else None
    found = isinstance(log, DetailLog) and has_errors(log, forgive_uncommitted=_forgives(facts))
    return bool(found)


def _forgives(facts: ResultFacts) -> bool:
    return facts.options.forgive_uncommitted


def judge_power(facts: ResultFacts, policy: Policy) -> tuple[float | None, str | None]:
    """The power metric (watts, or millijoules per query), or the reason why there is none."""
    power, run = facts.power, facts.performance
    assert power is not None
    try:
        if not power.ranging_exists or run is None:
            return None, "the ranging run is missing"
        metric = _metric(facts, power.testing, policy)
    except Exception as error:  # noqa: BLE001 - the official checker catches everything here
        return None, f"power: {str(error) or type(error).__name__}"
    optional = (*policy.files.performance_optional, *policy.files.anywhere_optional)
    runs = (*policy.files.performance, *policy.files.performance_power)
    lists: tuple[tuple[Mapping[str, int], tuple[str, ...], tuple[str, ...]], ...] = (
        (run.files, runs, optional),
        (power.ranging_files, runs, optional),
        (power.files, policy.files.power, policy.files.anywhere_optional),
    )
    if any(differs(files, wanted, extra) for files, wanted, extra in lists):
        return None, "power: the files are not the required ones"
    return metric, None


def _metric(facts: ResultFacts, samples: PowerSamples | Unreadable | None, policy: Policy) -> float:
    """Mean power in watts; for latency scenarios the energy of a query in millijoules.

    Raises any exception where the logs do not give it, as the official checker does.
    """
    if not isinstance(samples, PowerSamples):
        raise TypeError("there are no samples between power_begin and power_end")
    if samples.fault is not None:
        raise ValueError(samples.fault)
    mean = samples.mean_watts
    if mean is None:
        raise ValueError("no samples within the run")
    if facts.scenario in (Scenario.OFFLINE, Scenario.SERVER, Scenario.INTERACTIVE):
        return mean
    log: Any = facts.performance.detail if facts.performance else None
    begin, end = parse_time(log.get("power_begin")), parse_time(log.get("power_end"))
    if begin is None or end is None:
        raise ValueError("power_begin or power_end is not a time")
    duration, queries = (end - begin).total_seconds(), int(log.get("result_query_count"))
    inferred = log.get("effective_scenario") == Scenario.SINGLE_STREAM
    factor = policy.scenarios[facts.scenario].power_factor if facts.scenario else 1.0
    if facts.scenario is Scenario.MULTI_STREAM and inferred:
        return mean * duration * policy.multistream_samples_per_query * factor / queries
    return mean * duration * factor / queries


def judge_compliance(facts: ResultFacts, policy: Policy) -> str | None:
    """Why the compliance folder is refused, None if it is accepted; raises CrashError."""
    if not facts.compliance_exists:
        return "the compliance folder is missing"
    reasons = [f"{test.test} is missing" for test in facts.compliance if not test.exists]
    reasons += _performance_reasons(facts, policy)
    reasons += _accuracy_reasons(facts, policy)
    for test in facts.compliance:
        if test.exists and test.terms.verifies_accuracy:
            why = verified_lines(test)
            reasons += [why] if why else []
    return "; ".join(reasons) or None


def _performance_reasons(facts: ResultFacts, policy: Policy) -> list[str]:
    """Why the runs of the tests are refused; after an exception the last verdict is used again."""
    passed, last, reasons = True, None, []
    for test in facts.compliance:
        if not (test.exists and test.terms.runs):
            continue
        outcome = judge_run(test.run, policy)
        last = last if outcome.raised else outcome
        why = _test_reason(test, policy) if passed else None
        if passed and why is None and last is None:
            raise CrashError(
                f"{test.test}: {outcome.reason} (the verdict is then an unset variable)"
            )
        if passed and why is None and last is not None and not last.valid:
            why = last.reason
        if why is not None:
            passed = False
            reasons.append(f"{test.test}: {why}")
    return reasons


def last_test_passed(facts: ResultFacts) -> bool:
    """What the table of a round says of compliance where no test can refuse a result.

    The last test has TEST PASS and a run, and what scores has verify_accuracy.txt and accuracy/.
    """
    if not facts.compliance:
        return False
    last = facts.compliance[-1]
    text = last.verify_performance
    passed = isinstance(text, str) and PASS in text and last.run is not None and last.run.exists
    scores = [test for test in facts.compliance if test.terms.scores]
    return passed and all(t.verify_accuracy is not None and t.accuracy_exists for t in scores)


def _test_reason(test: ComplianceFacts, policy: Policy) -> str | None:
    text = test.verify_performance
    if text is None:
        return "verify_performance.txt is missing"
    if isinstance(text, Unreadable):
        raise CrashError(f"{test.test}/verify_performance.txt: {text.why}")
    if "\ufffd" in text:
        raise CrashError(f"{test.test}/verify_performance.txt is not UTF-8")
    if PASS not in text:
        return "verify_performance.txt has no TEST PASS"
    if test.run is None or not test.run.exists:
        return "performance/run_1 is missing"
    optional = (*policy.files.performance_optional, *policy.files.anywhere_optional)
    if differs(test.run.files, policy.files.compliance_performance, optional):
        return "the files of performance/run_1 are not the required ones"
    return None


def verified_lines(test: ComplianceFacts) -> str | None:
    """Which line verify_accuracy.txt lacks, None if it has all; raises CrashError."""
    text = test.verify_accuracy
    if not test.terms.verifies_accuracy:
        return None
    if text is None:
        return f"{test.test}: verify_accuracy.txt is missing"
    if isinstance(text, Unreadable) or "\ufffd" in text:
        raise CrashError(f"{test.test}/verify_accuracy.txt is not UTF-8 text")
    lines = {line.strip() for line in text.splitlines()}
    missing = [group[0] for group in test.terms.verifies_accuracy if lines.isdisjoint(group)]
    return f"{test.test}: {missing[0]!r} is not in verify_accuracy.txt" if missing else None


def _accuracy_reasons(facts: ResultFacts, policy: Policy) -> list[str]:
    test = next((t for t in facts.compliance if t.terms.scores), None)
    if test is None:
        return []
    if test.verify_accuracy is None:
        return ["TEST01: verify_accuracy.txt is missing"]
    text = test.verify_accuracy
    if isinstance(text, Unreadable) or "\ufffd" in text:
        raise CrashError("TEST01/verify_accuracy.txt is not UTF-8 text")
    if not test.accuracy_exists:
        return ["TEST01: the accuracy folder is missing"]
    wanted = [*policy.files.test01_deterministic]
    wanted += [] if PASS in text else policy.files.test01_other
    if differs(test.accuracy_files, wanted, policy.files.anywhere_optional):
        return ["TEST01: the files of accuracy are not the required ones"]
    return [] if PASS in text else delta_reasons(facts, test)


def delta_reasons(facts: ResultFacts, test: ComplianceFacts) -> list[str]:
    """Why the two accuracies of TEST01 are refused; raises CrashError where one is no number."""
    terms = facts.benchmark.terms
    for metric in terms.metrics if terms is not None else ():
        values = []
        for text in (test.baseline, test.compliance):
            if not isinstance(text, AccuracyText) or text.official_fault is not None:
                raise CrashError("TEST01: an accuracy text cannot be read")
            lines = text.of(metric.name)
            values.append(lines[-1].value if lines else 0.0)
        baseline, compliance = values
        if baseline is None or compliance is None or terms is None:
            raise CrashError("TEST01: an accuracy is not a number")
        if metric.target is None:
            continue
        if baseline == 0 or compliance == 0:
            return ["TEST01: an accuracy is missing"]
        if abs(1 - baseline / compliance) * 100 > tolerance_of(metric, terms):
            return ["TEST01: the accuracies are too far apart"]
    return []


def tolerance_of(metric: MetricTarget, terms: BenchmarkTerms) -> float:
    """How far apart the two accuracies of TEST01 may be, in percent."""
    own = metric.tolerance_percent
    return terms.test01_tolerance_percent if own is None else own


__all__ = [
    "AccuracyVerdict",
    "CrashError",
    "RunVerdict",
    "judge_accuracy",
    "judge_compliance",
    "judge_power",
    "last_test_passed",
    "measurement_is_bad",
]
