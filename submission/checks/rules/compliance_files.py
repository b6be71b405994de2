"""CMP: what the files of compliance tests hold."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.model import CLOSED, Breach, Counterpart, Scope, Severity, rule
from submission.checks.result_facts import ResultFacts, RunFacts
from submission.checks.rules.compliance import TESTS, existing, with_accuracy
from submission.checks.rules.places import at
from submission.checks.rules.references import TRUNCATION
from submission.checks.rules.requirements import LOG_TYPED, TESTS_THERE
from submission.loadgen import AccuracyJson, AccuracyText
from submission.loadgen.names import ACCURACY_FILE
from submission.policy import Policy


@rule(
    id="CMP007",
    title="The accuracy log of TEST01 is truncated",
    fault="The accuracy log of TEST01 is not truncated",
    scope=Scope.RESULT,
    divisions=CLOSED,
    severity=Severity.WARNING,
    reference=TRUNCATION,
    hint="truncate it",
    requires=TESTS_THERE,
)
def _log_size(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    for test in with_accuracy(facts):
        size = test.accuracy_files.get(ACCURACY_FILE, 0)
        if size > policy.accuracy_log.max_bytes:
            yield Breach(
                at=test.accuracy.log_path,
                found=f"{size} bytes",
                expected=f"at most {policy.accuracy_log.max_bytes} bytes",
            )


@rule(
    id="CMP011",
    title="The output of a verification is UTF-8",
    fault="The output of a verification is not UTF-8",
    scope=Scope.RESULT,
    divisions=CLOSED,
    reference=TESTS,
    hint="save the output as UTF-8; the official checker stops with a traceback at it",
    requires=TESTS_THERE,
    official=Counterpart.CRASHES,
)
def _texts(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for test in existing(facts):
        texts = (
            (test.verify_performance_path, test.verify_performance),
            (test.verify_accuracy_path, test.verify_accuracy),
        )
        for path, text in texts:
            if isinstance(text, str) and "\ufffd" in text:
                yield Breach(at=path, found="bytes that are not UTF-8", expected="UTF-8 text")


@rule(
    id="CMP012",
    title="The accuracy log of TEST01 is whole or truncated in the round's way",
    fault="The accuracy log of TEST01 is truncated in another way than the round's",
    scope=Scope.RESULT,
    divisions=CLOSED,
    severity=Severity.WARNING,
    reference=TRUNCATION,
    hint="truncate LoadGen's log again",
    requires=TESTS_THERE,
)
def _log_form(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    for test in with_accuracy(facts):
        log = test.accuracy.log
        short = isinstance(log, AccuracyJson) and log.size_bytes <= policy.accuracy_log.max_bytes
        if short and isinstance(log, AccuracyJson) and not (log.has_ellipsis or log.looks_whole):
            yield Breach(
                at=test.accuracy.log_path,
                found=f"{log.size_bytes} bytes that are neither a whole log nor a truncated one",
                expected="LoadGen's log, truncated",
            )


@rule(
    id="CMP013",
    title="TEST01 has the digest of its accuracy log",
    fault="TEST01 lacks the digest of its accuracy log",
    scope=Scope.RESULT,
    divisions=CLOSED,
    severity=Severity.WARNING,
    reference=TRUNCATION,
    hint="truncate the log with the official tool or ours; both add the line",
    requires=TESTS_THERE | {"CMP004", "CMP005"},
)
def _digest(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for test in with_accuracy(facts):
        text = test.accuracy.text
        if isinstance(text, AccuracyText) and not text.hashes:
            yield Breach(
                at=test.accuracy.text_path,
                key="hash",
                found="no line hash=...",
                expected="the digest of the log before truncation",
            )


@rule(
    id="CMP014",
    title="A run of TEST01 samples answers",
    fault="A run of TEST01 samples no answers",
    scope=Scope.RUN,
    divisions=CLOSED,
    reference=TESTS + ", audit.config of TEST01",
    hint="put the test's audit.config where LoadGen is started, and run the test again",
    requires=LOG_TYPED,
)
def _samples_answers(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    """TEST01 is a performance run that logs some answers; without them nothing can be verified."""
    key, share = (f"effective_accuracy_log_{name}" for name in ("sampling_target", "probability"))
    if run.test == "TEST01" and run.log.get(key) == 0 and not run.log.number(share):
        yield at(run, key, expected="a number above 0, as audit.config of TEST01 sets it")


@rule(
    id="CMP015",
    title="A run of TEST04 issues the same sample over and over",
    fault="A run of TEST04 issues different samples",
    scope=Scope.RUN,
    divisions=CLOSED,
    severity=Severity.WARNING,
    reference=TESTS + ", audit.config of TEST04",
    hint="put the test's audit.config where LoadGen is started, and run the test again",
    requires=LOG_TYPED,
)
def _one_sample(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    key = "effective_performance_issue_same"
    if run.test == "TEST04" and run.log.get(key) is False:
        yield at(run, key, expected="true, as audit.config of TEST04 sets it")
