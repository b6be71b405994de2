"""CMP: what the tests without a run of their own submit, and the files that show what was made."""

from __future__ import annotations

import re
from collections.abc import Iterator

from submission.checks.arithmetic import last_digit, tokens_per_sample
from submission.checks.model import CLOSED, Breach, Counterpart, Scope, Severity, rule
from submission.checks.result_facts import ComplianceFacts, ResultFacts
from submission.checks.rules.compliance import TESTS, existing, verification
from submission.checks.rules.requirements import TESTS_THERE
from submission.checks.words import listed
from submission.loadgen import DetailLog
from submission.loadgen.names import PASS
from submission.policy import Policy


@rule(
    id="CMP021",
    title="The verification of a test's accuracy has the lines of one that passed",
    fault="The verification of accuracy lacks the lines of one that passed",
    scope=Scope.RESULT,
    divisions=CLOSED,
    reference=TESTS,
    hint="run the test's verification script and submit its output",
    requires=TESTS_THERE,
    official=Counterpart.REFUSES,
)
def _lines_there(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    """Tests that have no run of their own, such as TEST06."""
    for test in existing(facts):
        text, path = test.verify_accuracy, test.verify_accuracy_path
        lines = {line.strip() for line in text.splitlines()} if isinstance(text, str) else set()
        for group in test.terms.verifies_accuracy:
            if lines.isdisjoint(group):
                found = "no such line" if isinstance(text, str) else "no such text"
                yield Breach(at=path, found=found, expected=" or ".join(group))


@rule(
    id="CMP022",
    title="The length of the answers was verified",
    fault="The length of the answers was not verified",
    scope=Scope.RESULT,
    divisions=CLOSED,
    reference=TESTS,
    hint="run the test's verification script and submit its output",
    requires=TESTS_THERE,
    official=Counterpart.REFUSES,
)
def _length_passed(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for test in existing(facts):
        if test.terms.verifies_length:
            yield from verification(test.verify_length_path, test.verify_length)


@rule(
    id="CMP023",
    title="The accuracy run has the files that show what was generated",
    fault="The accuracy run lacks the files that show what was generated",
    scope=Scope.RESULT,
    divisions=CLOSED,
    reference="submission_rules.adoc, section 'Submission', accuracy of generated pictures",
    hint="add the files that the round names, from the accuracy run",
    requires={"BEN001", "BEN008"},
    official=Counterpart.REFUSES,
)
def _samples_shown(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    terms = facts.benchmark.terms
    for folder, stems in (terms.accuracy_files if terms is not None else {}).items():
        there = {name.split(".")[0] for name in facts.accuracy_folders.get(folder, ())}
        missing = [stem for stem in stems if stem not in there]
        if missing:
            at_folder = f"{facts.accuracy.folder}/{folder}"
            yield Breach(
                at=at_folder, found=f"no {listed(missing, 12)}", expected=listed(stems, 12)
            )


@rule(
    id="CMP024",
    title="A verification that passed printed figures within its thresholds",
    fault="A verification passed that its own figures fail",
    scope=Scope.RESULT,
    divisions=CLOSED,
    reference=TESTS,
    hint="run the test's verification script again and submit its output",
    requires=TESTS_THERE | {"CMP021", "CMP022"},
)
def _thresholds_kept(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for test in existing(facts):
        for path, text in _passed(test):
            for greater, lesser in test.terms.at_least:
                yield from _not_below(path, text, greater, lesser)


def _not_below(path: str, text: str, greater: str, lesser: str) -> Iterator[Breach]:
    """A breach where one figure is below the other; both are rounded to their last digit."""
    figures, least = _printed(text, greater), _printed(text, lesser)
    for one in figures:
        for other in least:
            if float(one) < float(other) - last_digit(one) / 2 - last_digit(other) / 2:
                yield Breach(
                    at=path, key=greater, found=one, expected=f"at least the {other} of {lesser!r}"
                )
                return


@rule(
    id="CMP025",
    title="The answers of a test are as long as those of the performance run",
    fault="The answers of a test are not as long as those of its result",
    scope=Scope.RESULT,
    divisions=CLOSED,
    severity=Severity.WARNING,
    reference=TESTS,
    hint="run the test's verification script on a run of the same SUT",
    requires=TESTS_THERE | {"CMP022", "CMP024"},
)
def _as_long(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    run = facts.performance
    log = run.detail if run is not None else None
    if run is None or not isinstance(log, DetailLog):
        return
    each = tokens_per_sample(log, run.logged_scenario)
    if each is None:
        return
    for test in existing(facts):
        for path, text in _passed(test) if test.terms.mean_tokens else ():
            for mean in _printed(text, test.terms.mean_tokens)[:1]:
                if abs(float(mean) / each - 1) > policy.tolerances.test_tokens:
                    words = f"about {each:.6g}, the tokens of a sample of the performance run"
                    yield Breach(at=path, key=test.terms.mean_tokens, found=mean, expected=words)


def _passed(test: ComplianceFacts) -> Iterator[tuple[str, str]]:
    """The outputs of a test's verifications that passed, with their paths."""
    for path, text in (
        (test.verify_accuracy_path, test.verify_accuracy),
        (test.verify_length_path, test.verify_length),
    ):
        if isinstance(text, str) and PASS in text:
            yield path, text


def _printed(text: str, label: str) -> list[str]:
    """The figures behind a label at the beginning of a line."""
    pattern = rf"^{re.escape(label)}: (\d{{1,12}}(?:\.\d{{1,12}})?)(?![\w.])"
    return re.findall(pattern, text, re.MULTILINE)
