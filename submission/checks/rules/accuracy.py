"""ACC: the accuracy run: what it scored, of which log, and that it belongs to the result."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from submission.checks.facts import ResultFacts, RunFacts, RunKind
from submission.checks.model import CLOSED, OPEN, Breach, Counterpart, Rule, Scope, Severity
from submission.checks.rules.performance import at
from submission.checks.words import shown
from submission.logs import AccuracyJson, AccuracyText, DetailLog, Unreadable
from submission.logs.accuracy_text import HashLine, MetricLine
from submission.policy import Policy

ACCURACY = "inference_rules.adoc, section 'Benchmarks', quality targets"
TEXT = "submission_rules.adoc, section 'Submission', accuracy.txt"
TRUNCATION = "submission_rules.adoc, truncation of mlperf_log_accuracy.json"
RUN = "inference_rules.adoc, section 'General rules', accuracy run"
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def _text_there(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    if facts.accuracy.exists and facts.accuracy.text is None:
        yield Breach(at=facts.accuracy.text_path, found="no such file", expected="the score")


def _text_readable(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    text = facts.accuracy.text
    why = text.why if isinstance(text, Unreadable) else text.fault if text else None
    if why is not None:
        yield Breach(at=facts.accuracy.text_path, found=why, expected="UTF-8 text")


def _metric_there(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    if isinstance(facts.accuracy.text, AccuracyText) and not facts.accuracy.text.metrics:
        name = _metric_name(facts)
        yield Breach(
            at=facts.accuracy.text_path,
            key=name,
            found="no such value",
            expected=f"{name} in its form",
        )


def _metric_sound(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    for metric in _metrics(facts):
        most = policy.accuracy_metrics[_metric_name(facts)].maximum
        value = metric.value
        if value is None or not math.isfinite(value) or not 0 <= value <= most:
            yield _metric_breach(facts, metric, f"a number from 0 to {most:g}")


def _metric_once(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    metrics = _metrics(facts)
    for metric in metrics[1:]:
        if metric.value != metrics[0].value:
            yield _metric_breach(facts, metric, f"{metrics[0].text} as on line {metrics[0].line}")


def _official_form(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    text = facts.accuracy.text
    if isinstance(text, AccuracyText) and text.metrics and text.official_value is None:
        yield _metric_breach(
            facts, text.metrics[0], "the form of the reference script, on one line of its own"
        )


def _target_met(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    terms, metrics = facts.benchmark.terms, _metrics(facts)
    if terms is None or not metrics or metrics[0].value is None:
        return
    value = metrics[0].value
    if value < terms.accuracy_target:
        # the rules round results to five significant figures, the official checker does not
        met = ", met only when rounded" if float(f"{value:.5g}") >= terms.accuracy_target else ""
        expected = f"at least {terms.accuracy_target:.10g} for {terms.name}{met}"
        yield _metric_breach(facts, metrics[0], expected)


def _hash_there(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    text = facts.accuracy.text
    if isinstance(text, AccuracyText) and not text.hashes:
        yield Breach(
            at=facts.accuracy.text_path, key="hash", found="no line hash=...", expected="the digest"
        )


def _hash_form(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for line in _hashes(facts):
        if not _SHA256.fullmatch(line.text):
            yield _hash_breach(facts, line.line, line.text, "64 hexadecimal digits (SHA-256)")


def _hash_once(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    lines = _hashes(facts)
    for line in lines[1:]:
        if line.text.lower() != lines[0].text.lower():
            expected = f"{shown(lines[0].text)} as on line {lines[0].line}"
            yield _hash_breach(facts, line.line, line.text, expected)


def _log_there(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    log = facts.accuracy.log
    if facts.accuracy.exists and log is None:
        yield Breach(
            at=facts.accuracy.log_path, found="no such file", expected="LoadGen's accuracy log"
        )
    elif isinstance(log, Unreadable):
        yield Breach(at=facts.accuracy.log_path, found=log.why, expected="a readable file")


def _truncated(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    log, most = facts.accuracy.log, policy.accuracy_log.max_bytes
    if isinstance(log, AccuracyJson) and log.size_bytes > most:
        yield Breach(
            at=facts.accuracy.log_path,
            found=f"{log.size_bytes} bytes",
            expected=f"at most {most} bytes: head, ellipsis, tail"
            f" ({policy.accuracy_log.truncated_bytes} bytes)",
        )


def _layout(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    log = facts.accuracy.log
    if not isinstance(log, AccuracyJson) or log.size_bytes > policy.accuracy_log.max_bytes:
        return
    if log.has_nul:
        yield Breach(at=facts.accuracy.log_path, found="NUL bytes", expected="LoadGen's text")
    elif not (log.looks_whole or log.has_ellipsis):
        yield Breach(
            at=facts.accuracy.log_path,
            found=f"{log.size_bytes} bytes that are neither a whole log nor a truncated one",
            expected=f"a whole log, or {policy.accuracy_log.head_bytes} bytes, an ellipsis and"
            f" {policy.accuracy_log.tail_bytes} bytes",
        )


def _hash_matches(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    log, text = facts.accuracy.log, facts.accuracy.text
    if not isinstance(log, AccuracyJson) or not isinstance(text, AccuracyText):
        return
    if log.sha256 is None or not log.looks_whole:
        return
    for line in text.hashes[:1]:
        if line.text.lower() != log.sha256:
            yield _hash_breach(facts, line.line, line.text, f"{log.sha256}, the log's digest")


def _complete(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    terms, count = run.benchmark.terms, run.log.number("qsl_reported_total_count")
    if run.kind is not RunKind.ACCURACY or terms is None or count is None:
        return
    if count < terms.accuracy_sample_count:
        yield at(
            run,
            "qsl_reported_total_count",
            expected=f"the whole set, {terms.accuracy_sample_count}",
        )


def _same_scenario(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    performance, accuracy = _logs(facts)
    if performance is None or accuracy is None or facts.accuracy_run is None:
        return
    key = "effective_scenario"
    if accuracy.get(key) != performance.get(key) and accuracy.get(key) != facts.scenario:
        expected = f"{performance.get(key)} as in the performance run, or {facts.scenario}"
        yield at(facts.accuracy_run, key, expected=expected)


def _same_sut(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    yield from _same_value(facts, "sut_name")


def _same_loadgen(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    yield from _same_value(facts, "loadgen_version")


def _same_value(facts: ResultFacts, key: str) -> Iterator[Breach]:
    performance, accuracy = _logs(facts)
    if performance is None or accuracy is None or facts.accuracy_run is None:
        return
    if accuracy.get(key) != performance.get(key):
        value = shown(repr(performance.get(key)), 120)
        yield at(facts.accuracy_run, key, expected=f"{value} as in the performance run")


def _logs(facts: ResultFacts) -> tuple[DetailLog | None, DetailLog | None]:
    runs = (facts.performance, facts.accuracy_run)
    performance, accuracy = (run.detail if run is not None else None for run in runs)
    return (
        performance if isinstance(performance, DetailLog) else None,
        accuracy if isinstance(accuracy, DetailLog) else None,
    )


def _metric_name(facts: ResultFacts) -> str:
    return facts.benchmark.terms.accuracy_metric if facts.benchmark.terms else "accuracy"


def _metrics(facts: ResultFacts) -> tuple[MetricLine, ...]:
    text = facts.accuracy.text
    return text.metrics if isinstance(text, AccuracyText) else ()


def _hashes(facts: ResultFacts) -> tuple[HashLine, ...]:
    text = facts.accuracy.text
    return text.hashes if isinstance(text, AccuracyText) else ()


def _metric_breach(facts: ResultFacts, metric: MetricLine, expected: str) -> Breach:
    return Breach(
        at=facts.accuracy.text_path,
        line=metric.line,
        key=_metric_name(facts),
        found=shown(metric.text),
        expected=expected,
    )


def _hash_breach(facts: ResultFacts, line: int, text: str, expected: str) -> Breach:
    path = facts.accuracy.text_path
    return Breach(at=path, line=line, key="hash", found=shown(text, 80), expected=expected)


_TEXT = frozenset({"LOG001", "ACC001", "ACC002"})
_VALUE = _TEXT | {"ACC003", "ACC004"}
_LOGS = frozenset({"LOG001", "LOG002", "LOG003", "LOG005", "LOG006"})
_JSON = frozenset({"LOG001", "ACC010"})

RULES = (
    Rule(
        id="ACC001",
        title="The score of the accuracy run is there",
        scope=Scope.RESULT,
        reference=TEXT,
        hint="score the accuracy log and write accuracy.txt",
        requires=frozenset({"BEN001", "BEN008"}),
        test=_text_there,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="ACC002",
        title="accuracy.txt is text",
        scope=Scope.RESULT,
        reference=TEXT,
        hint="write the file again as UTF-8",
        requires=frozenset({"LOG001", "ACC001"}),
        test=_text_readable,
        official=Counterpart.CRASHES,
    ),
    Rule(
        id="ACC003",
        title="accuracy.txt has the benchmark's metric",
        scope=Scope.RESULT,
        reference=TEXT,
        hint="add the line that the benchmark's accuracy script prints; open must report it too",
        requires=_TEXT,
        test=_metric_there,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="ACC004",
        title="The accuracy is a number in the metric's range",
        scope=Scope.RESULT,
        reference=TEXT,
        hint="score the accuracy log again",
        requires=_TEXT | {"ACC003"},
        test=_metric_sound,
    ),
    Rule(
        id="ACC005",
        title="accuracy.txt gives one accuracy",
        scope=Scope.RESULT,
        severity=Severity.WARNING,
        reference=TEXT,
        hint="leave only the line of this run",
        requires=_VALUE,
        test=_metric_once,
    ),
    Rule(
        id="ACC006",
        title="The accuracy stands in the form that the official checker reads",
        scope=Scope.RESULT,
        severity=Severity.WARNING,
        reference=TEXT,
        hint='for F1: {"exact_match": <number>, "f1": <number>} at the start of a line',
        requires=_VALUE,
        test=_official_form,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="ACC007",
        title="The accuracy reaches the benchmark's target",
        scope=Scope.RESULT,
        divisions=CLOSED,
        reference=ACCURACY,
        hint="submit in the open division, or with a model that reaches it",
        requires=_VALUE,
        test=_target_met,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="ACC008",
        title="Open: the accuracy is below the target that the name speaks of",
        scope=Scope.RESULT,
        divisions=OPEN,
        severity=Severity.WARNING,
        reference=ACCURACY + " (the open division reports its accuracy)",
        hint="nothing to do if meant: the open division has no target",
        requires=_VALUE,
        test=_target_met,
    ),
    Rule(
        id="ACC009",
        title="accuracy.txt has the digest of the accuracy log",
        scope=Scope.RESULT,
        reference=TRUNCATION,
        hint="truncate the log with the official tool or ours; both add the line",
        requires=_TEXT,
        test=_hash_there,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="ACC010",
        title="The accuracy log is there",
        scope=Scope.RESULT,
        reference=TRUNCATION,
        hint="put LoadGen's mlperf_log_accuracy.json there, truncated",
        requires=frozenset({"LOG001"}),
        test=_log_there,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="ACC011",
        title="The accuracy log is truncated",
        scope=Scope.RESULT,
        reference=TRUNCATION,
        hint="truncate it; keep the full log for the review",
        requires=_JSON,
        test=_truncated,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="ACC012",
        title="A short accuracy log is whole or truncated in the round's way",
        scope=Scope.RESULT,
        reference=TRUNCATION,
        hint="truncate LoadGen's log again",
        requires=_JSON,
        test=_layout,
    ),
    Rule(
        id="ACC013",
        title="The digest is a SHA-256",
        scope=Scope.RESULT,
        reference=TRUNCATION,
        hint="write hash=<64 hexadecimal digits> of the log before truncation",
        requires=_TEXT | {"ACC009"},
        test=_hash_form,
    ),
    Rule(
        id="ACC014",
        title="accuracy.txt gives one digest",
        scope=Scope.RESULT,
        severity=Severity.WARNING,
        reference=TRUNCATION,
        hint="leave only the digest of the log before truncation",
        requires=_TEXT | {"ACC009", "ACC013"},
        test=_hash_once,
    ),
    Rule(
        id="ACC015",
        title="The digest is that of the accuracy log, where the whole log is here",
        scope=Scope.RESULT,
        reference=TRUNCATION,
        hint="hand in the score and the log of one run",
        requires=_TEXT | _JSON | {"ACC009", "ACC013"},
        test=_hash_matches,
    ),
    Rule(
        id="ACC016",
        title="The accuracy run covers the whole validation set",
        scope=Scope.RUN,
        reference=RUN,
        hint="run AccuracyOnly on the complete data set",
        requires=_LOGS,
        test=_complete,
    ),
    Rule(
        id="ACC017",
        title="The accuracy run is of the result's scenario",
        scope=Scope.RESULT,
        reference=RUN,
        hint="run AccuracyOnly in this scenario",
        requires=_LOGS | {"PRF005"},
        test=_same_scenario,
    ),
    Rule(
        id="ACC018",
        title="Accuracy and performance run are of the same SUT",
        scope=Scope.RESULT,
        severity=Severity.WARNING,
        reference=RUN,
        hint="run both with the same code, and hand in both",
        requires=_LOGS,
        test=_same_sut,
    ),
    Rule(
        id="ACC019",
        title="Accuracy and performance run are of the same LoadGen",
        scope=Scope.RESULT,
        severity=Severity.WARNING,
        reference=RUN,
        hint="run both with the same LoadGen, and hand in both",
        requires=_LOGS,
        test=_same_loadgen,
    ),
)
