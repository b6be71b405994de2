"""The official package's verdict on the compliance tests of a result."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from submission.checks.official.parts import (
    CrashError,
    delta_reasons,
    differs,
    verified_lines,
)
from submission.checks.result_facts import ComplianceFacts, ResultFacts, RunFacts
from submission.loadgen import Unreadable
from submission.loadgen.names import PASS
from submission.policy import Policy

RunReasons = Callable[[RunFacts | None], list[str]]


def compliance_reasons(facts: ResultFacts, policy: Policy, run_reasons: RunReasons) -> list[str]:
    """Why the tests are refused; ``run_reasons`` judges the run of one, or raises."""
    return [
        f"{test.test}: {why}"
        for test in facts.compliance
        for why in _test_reasons(facts, test, policy, run_reasons)
    ]


def _test_reasons(
    facts: ResultFacts, test: ComplianceFacts, policy: Policy, run_reasons: RunReasons
) -> Iterator[str]:
    if not test.exists:
        yield "the folder is missing"
    if test.terms.runs:
        try:
            yield from run_reasons(test.run)
        except Exception as error:  # noqa: BLE001 - the official package does the same
            yield f"exception: {str(error) or type(error).__name__}"
        yield from _verified_run(test, policy)
    if test.terms.scores:
        yield from _scores(facts, test, policy)
    yield from _lines(test)
    if test.terms.verifies_length and not _says_pass(test.verify_length):
        yield "verify_output_len.txt is missing or has no TEST PASS"


def _lines(test: ComplianceFacts) -> Iterator[str]:
    try:
        why = verified_lines(test)
    except CrashError as error:
        why = str(error)
    if why:
        yield why


def _verified_run(test: ComplianceFacts, policy: Policy) -> Iterator[str]:
    if not _says_pass(test.verify_performance):
        yield "verify_performance.txt is missing or has no TEST PASS"
    optional = (*policy.files.performance_optional, *policy.files.anywhere_optional)
    if test.run is None or not test.run.exists:
        yield "performance/run_1 is missing"
    elif differs(test.run.files, policy.files.compliance_performance, optional):
        yield "the files of performance/run_1 are not the required ones"


def _scores(facts: ResultFacts, test: ComplianceFacts, policy: Policy) -> Iterator[str]:
    """A test that scores: a line of its own says that it passed, or two accuracies are close."""
    text = test.verify_accuracy
    if not isinstance(text, str):
        yield "verify_accuracy.txt is missing"
        return
    if PASS in {line.strip() for line in text.splitlines()}:
        return
    files = policy.files
    wanted = (*files.test01_deterministic, *files.test01_other)
    if differs(test.accuracy_files, wanted, files.anywhere_optional):
        yield "the files of accuracy are not the required ones"
        return
    try:
        yield from delta_reasons(facts, test)
    except CrashError as error:
        yield str(error)


def _says_pass(text: str | Unreadable | None) -> bool:
    return isinstance(text, str) and PASS in text
