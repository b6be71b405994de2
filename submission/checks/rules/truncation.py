"""ACC: the digest in accuracy.txt and the accuracy log that it is of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from submission.checks.model import Breach, Counterpart, Scope, Severity, rule
from submission.checks.result_facts import ResultFacts
from submission.checks.rules.references import TRUNCATION
from submission.checks.rules.requirements import SCORE_READ
from submission.checks.words import shown
from submission.loadgen import AccuracyJson, AccuracyText, Unreadable
from submission.loadgen.accuracy_text import HashLine
from submission.policy import Policy

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_LOG_THERE = frozenset({"ACC010"})


@rule(
    id="ACC009",
    title="accuracy.txt has the digest of the accuracy log",
    fault="accuracy.txt lacks the digest of the accuracy log",
    scope=Scope.RESULT,
    reference=TRUNCATION,
    hint="truncate the log with the official tool or ours; both add the line",
    requires=SCORE_READ,
    official=Counterpart.REFUSES,
)
def _hash_there(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    text = facts.accuracy.text
    if isinstance(text, AccuracyText) and not text.hashes:
        yield Breach(
            at=facts.accuracy.text_path, key="hash", found="no line hash=...", expected="the digest"
        )


@rule(
    id="ACC010",
    title="The accuracy log is there",
    fault="The accuracy log is missing",
    scope=Scope.RESULT,
    reference=TRUNCATION,
    hint="put LoadGen's mlperf_log_accuracy.json there, truncated",
    official=Counterpart.REFUSES,
)
def _log_there(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    log = facts.accuracy.log
    if facts.accuracy.exists and log is None:
        yield Breach(
            at=facts.accuracy.log_path, found="no such file", expected="LoadGen's accuracy log"
        )
    elif isinstance(log, Unreadable):
        yield Breach(at=facts.accuracy.log_path, found=log.why, expected="a readable file")


@rule(
    id="ACC011",
    title="The accuracy log is truncated",
    fault="The accuracy log is not truncated",
    scope=Scope.RESULT,
    reference=TRUNCATION,
    hint="truncate it; keep the full log for the review",
    requires=_LOG_THERE,
    official=Counterpart.REFUSES,
)
def _truncated(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    log, most = facts.accuracy.log, policy.accuracy_log.max_bytes
    if isinstance(log, AccuracyJson) and log.size_bytes > most:
        yield Breach(
            at=facts.accuracy.log_path,
            found=f"{log.size_bytes} bytes",
            expected=f"at most {most} bytes: head, ellipsis, tail"
            f" ({policy.accuracy_log.truncated_bytes} bytes)",
        )


@rule(
    id="ACC012",
    title="A short accuracy log is whole or truncated in the round's way",
    fault="The accuracy log is truncated in another way than the round's",
    scope=Scope.RESULT,
    reference=TRUNCATION,
    hint="truncate LoadGen's log again",
    requires=_LOG_THERE,
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


@rule(
    id="ACC013",
    title="The digest is a SHA-256",
    fault="The digest is not a SHA-256",
    scope=Scope.RESULT,
    reference=TRUNCATION,
    hint="write hash=<64 hexadecimal digits> of the log before truncation",
    requires=SCORE_READ | {"ACC009"},
)
def _hash_form(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for line in _hashes(facts):
        if not _SHA256.fullmatch(line.text):
            yield _hash_breach(facts, line.line, line.text, "64 hexadecimal digits (SHA-256)")


@rule(
    id="ACC014",
    title="accuracy.txt gives one digest",
    fault="accuracy.txt gives several digests",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=TRUNCATION,
    hint="leave only the digest of the log before truncation",
    requires=SCORE_READ | {"ACC009", "ACC013"},
)
def _hash_once(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    lines = _hashes(facts)
    for counts in _digest(facts):
        for line in lines:
            if line.text.lower() != counts.text.lower():
                expected = f"{shown(counts.text)} as on line {counts.line}"
                yield _hash_breach(facts, line.line, line.text, expected)


@rule(
    id="ACC015",
    title="The digest matches the accuracy log, where the whole log is submitted",
    fault="The digest is not that of the submitted accuracy log",
    scope=Scope.RESULT,
    reference=TRUNCATION,
    hint="submit the score and the log of one run",
    requires=SCORE_READ | _LOG_THERE | {"ACC009", "ACC013"},
)
def _hash_matches(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    log, text = facts.accuracy.log, facts.accuracy.text
    if not isinstance(log, AccuracyJson) or not isinstance(text, AccuracyText):
        return
    if log.sha256 is None or not log.looks_whole:
        return
    for line in _digest(facts):
        if line.text.lower() not in (log.sha256, log.unix_sha256):
            yield _hash_breach(facts, line.line, line.text, f"{log.sha256}, the log's digest")


@rule(
    id="ACC021",
    title="The digest is of the log before truncation",
    fault="The digest is not that of the log before truncation",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=TRUNCATION,
    hint="hash the full log, then truncate it (the official tool and ours do both)",
    requires=SCORE_READ | _LOG_THERE | {"ACC009", "ACC013"},
)
def _hash_of_the_whole(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    log = facts.accuracy.log
    if not isinstance(log, AccuracyJson) or not log.has_ellipsis:
        return
    for line in _hashes(facts):
        if line.text.lower() in (log.here_sha256, log.unix_sha256):
            yield _hash_breach(facts, line.line, line.text, "the digest of the log before it was")


@rule(
    id="ACC022",
    title="The digest of a truncated log cannot be compared",
    fault="The log is truncated, so its digest cannot be compared",
    scope=Scope.RESULT,
    severity=Severity.NOTE,
    reference=TRUNCATION,
    hint="nothing to do; keep the full log, a reviewer may ask for it",
    requires=SCORE_READ | _LOG_THERE | {"ACC009", "ACC013", "ACC021"},
)
def _hash_cannot_be_compared(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    log = facts.accuracy.log
    if isinstance(log, AccuracyJson) and log.has_ellipsis:
        for line in _digest(facts):
            yield _hash_breach(facts, line.line, line.text, "the digest of a log that is not here")


@rule(
    id="ACC023",
    title="A truncated log has the official tool's size",
    fault="The truncated log has not the official tool's size",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=TRUNCATION,
    hint="truncate LoadGen's log again",
    requires=_LOG_THERE | {"ACC012"},
)
def _usual_cut(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    log, wanted = facts.accuracy.log, policy.accuracy_log.truncated_bytes
    if isinstance(log, AccuracyJson) and log.has_ellipsis and log.unix_bytes != wanted:
        yield Breach(
            at=facts.accuracy.log_path,
            found=f"{log.size_bytes} bytes",
            expected=f"{wanted} bytes, line ends of Unix",
        )


@rule(
    id="ACC024",
    title="The digest is in the form that the official checker reads",
    fault="The official checker cannot read the digest",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=TRUNCATION,
    hint="write hash=<digest> at the start of a line, without spaces",
    requires=SCORE_READ | {"ACC009", "ACC013"},
    official=Counterpart.REFUSES,
)
def _official_form(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    text = facts.accuracy.text
    if isinstance(text, AccuracyText) and text.hashes and text.official_hash is None:
        line = text.hashes[0]
        yield _hash_breach(
            facts, line.line, line.text, "hash=<digest> at the start of the line, without spaces"
        )


def _hashes(facts: ResultFacts) -> tuple[HashLine, ...]:
    text = facts.accuracy.text
    return text.hashes if isinstance(text, AccuracyText) else ()


def _digest(facts: ResultFacts) -> tuple[HashLine, ...]:
    """The digest that counts, if there is one."""
    text = facts.accuracy.text
    return (text.digest,) if isinstance(text, AccuracyText) and text.digest else ()


def _hash_breach(facts: ResultFacts, line: int, text: str, expected: str) -> Breach:
    path = facts.accuracy.text_path
    return Breach(at=path, line=line, key="hash", found=shown(text, 80), expected=expected)
