"""CMP: what the tests without a run of their own submit, and the files that show what was made."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.model import CLOSED, Breach, Counterpart, Scope, rule
from submission.checks.result_facts import ResultFacts
from submission.checks.rules.compliance import TESTS, existing, verification
from submission.checks.rules.requirements import TESTS_THERE
from submission.checks.words import listed
from submission.policy import Policy


@rule(
    id="CMP021",
    title="The verification of a test's accuracy has the lines of one that passed",
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
