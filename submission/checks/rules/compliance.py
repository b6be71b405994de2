"""CMP: the compliance tests of the closed and network divisions."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.model import CLOSED, Breach, Counterpart, Scope, Severity, rule
from submission.checks.result_facts import ComplianceFacts, ResultFacts
from submission.checks.rules.places import at
from submission.checks.rules.requirements import TESTS_THERE
from submission.checks.words import listed, shown, suggested
from submission.loadgen import AccuracyText, DetailLog, Unreadable
from submission.loadgen.names import PASS
from submission.policy import Policy

TESTS = "submission_rules.adoc, section 'Compliance testing'"


@rule(
    id="CMP001",
    title="A result has its compliance tests",
    fault="The result has no compliance tests",
    scope=Scope.RESULT,
    divisions=CLOSED,
    reference=TESTS,
    hint="run the tests, or submit in the open division",
    requires={"BEN001", "BEN007", "BEN008"},
    official=Counterpart.REFUSES,
)
def _folder(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    terms = facts.benchmark.terms
    if terms is None or not terms.compliance_tests:
        return
    if not facts.compliance_exists and not _skipped(facts):
        yield Breach(
            at=facts.compliance_path,
            found="no such folder",
            expected=listed(terms.compliance_tests),
        )


@rule(
    id="CMP002",
    title="Every test that the benchmark needs is there",
    fault="A compliance test that the benchmark needs is missing",
    scope=Scope.RESULT,
    divisions=CLOSED,
    reference=TESTS,
    hint="run the missing test",
    requires=TESTS_THERE,
    official=Counterpart.REFUSES,
)
def _tests(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    """A missing test; TEST05 is no misspelling of TEST01."""
    known = {name for terms in policy.benchmarks.values() for name in terms.compliance_tests}
    misspelt = set(facts.compliance_tests) - known
    for test in facts.compliance:
        if not test.exists:
            near = suggested(test.test, misspelt)
            yield Breach(at=test.folder, found=f"no such folder{near}", expected=test.test)


@rule(
    id="CMP003",
    title="The performance of a compliance test was verified",
    fault="The performance of a compliance test was not verified",
    scope=Scope.RESULT,
    divisions=CLOSED,
    reference=TESTS,
    hint="run the test's verification script and submit its output",
    requires=TESTS_THERE,
    official=Counterpart.REFUSES,
)
def _performance_passed(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for test in existing(facts):
        if test.terms.verifies_performance:
            yield from verification(test.verify_performance_path, test.verify_performance)


def verification(path: str, text: str | Unreadable | None) -> Iterator[Breach]:
    """A breach if the output of a verification is missing, or does not say that it passed."""
    if text is None:
        yield Breach(at=path, found="no such file", expected="the verification's output")
    elif isinstance(text, Unreadable):
        yield Breach(at=path, found=text.why, expected="a text")
    elif PASS not in text:
        yield Breach(at=path, found=f"no {PASS!r} in it", expected=PASS)


@rule(
    id="CMP004",
    title="The accuracy of TEST01 was verified",
    fault="The accuracy of TEST01 was not verified",
    scope=Scope.RESULT,
    divisions=CLOSED,
    reference=TESTS + ", TEST01",
    hint="run the verification script and submit its output",
    requires=TESTS_THERE,
    official=Counterpart.REFUSES,
)
def _accuracy_there(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    for test in with_accuracy(facts):
        path = test.verify_accuracy_path
        if test.verify_accuracy is None:
            yield Breach(at=path, found="no such file", expected="the verification's output")
        elif isinstance(test.verify_accuracy, Unreadable):
            yield Breach(at=path, found=test.verify_accuracy.why, expected="a text")
        elif PASS not in test.verify_accuracy and not _has_accuracies(test, policy):
            found = f"no {PASS!r} in it, nor two accuracies beside it"
            yield Breach(at=path, found=found, expected="one or the other")


def _has_accuracies(test: ComplianceFacts, policy: Policy) -> bool:
    return any(name in test.accuracy_files for name in policy.files.test01_other)


@rule(
    id="CMP005",
    title="TEST01 has the files that its outcome asks for",
    fault="TEST01 lacks files that its outcome asks for",
    scope=Scope.RESULT,
    divisions=CLOSED,
    reference=TESTS + ", TEST01",
    hint="a deterministic model needs two files, another one the two accuracies as well",
    requires=TESTS_THERE | {"CMP004"},
    official=Counterpart.REFUSES,
)
def _accuracy_files(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    for test in with_accuracy(facts):
        required = set(policy.files.test01_deterministic)
        required |= set() if _deterministic(test) else set(policy.files.test01_other)
        allowed = required | set(policy.files.anywhere_optional)
        for name in sorted(required - set(test.accuracy_files)):
            place = f"{test.accuracy.folder}/{name}"
            yield Breach(at=place, found="no such file", expected="a file of that name")
        for name in sorted(set(test.accuracy_files) - allowed):
            place = f"{test.accuracy.folder}/{name}"
            yield Breach(at=place, found=shown(name), expected=listed(allowed, 12))


@rule(
    id="CMP006",
    title="TEST01 of a model that is not deterministic has nearly the same accuracy",
    fault="TEST01 has another accuracy than the result",
    scope=Scope.RESULT,
    divisions=CLOSED,
    reference=TESTS + ", TEST01, part III",
    hint="find out why accuracy differs between the modes",
    requires=TESTS_THERE | {"CMP004", "CMP005"},
    official=Counterpart.REFUSES,
)
def _accuracy_close(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    terms = facts.benchmark.terms
    for test in with_accuracy(facts):
        if _deterministic(test) or terms is None:
            continue
        metric = terms.main_metric.name
        values = (_last_value(test.baseline, metric), _last_value(test.compliance, metric))
        place = test.accuracy.folder
        if None in values or 0 in values:
            yield Breach(at=place, found=f"accuracies {values}", expected="two numbers above 0")
            continue
        baseline, compliance = (float(value or 0) for value in values)
        delta = abs(1 - baseline / compliance) * 100
        if delta > terms.test01_tolerance_percent:
            yield Breach(
                at=place,
                found=f"{baseline:g} and {compliance:g}, {delta:.4g} % apart",
                expected=f"at most {terms.test01_tolerance_percent:g} %",
            )


def _last_value(text: AccuracyText | Unreadable | None, metric: str) -> float | None:
    lines = text.of(metric) if isinstance(text, AccuracyText) else ()
    return lines[-1].value if lines else None


@rule(
    id="CMP008",
    title="Only tests of the benchmark are submitted",
    fault="A compliance test is not one of the benchmark",
    scope=Scope.RESULT,
    divisions=CLOSED,
    severity=Severity.NOTE,
    reference=TESTS,
    hint="remove the folder; it is not checked",
    requires=TESTS_THERE,
)
def _foreign_tests(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    terms = facts.benchmark.terms
    if terms is None or _skipped(facts):
        return
    for name in facts.compliance_tests:
        if name not in terms.compliance_tests:
            place = f"{facts.compliance_path}/{name}"
            yield Breach(at=place, found=shown(name), expected=listed(terms.compliance_tests))


@rule(
    id="CMP009",
    title="Compliance runs are of the same SUT",
    fault="A compliance run is of another SUT",
    scope=Scope.RESULT,
    divisions=CLOSED,
    severity=Severity.WARNING,
    reference=TESTS,
    hint="run the tests with the code of the performance run",
    requires=TESTS_THERE,
)
def _same_sut(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    own = facts.performance.detail if facts.performance is not None else None
    for test in existing(facts):
        log = test.run.detail if test.run is not None else None
        if test.run is None or not isinstance(own, DetailLog) or not isinstance(log, DetailLog):
            continue
        names = log.text("sut_name"), own.text("sut_name")
        if None not in names and names[0] != names[1]:
            yield at(test.run, "sut_name", expected=f"{shown(names[1])} as in the performance run")


def _skipped(facts: ResultFacts) -> bool:
    return facts.options.skip_compliance


def existing(facts: ResultFacts) -> list[ComplianceFacts]:
    """The tests whose folder is there."""
    return [test for test in facts.compliance if test.exists]


def with_accuracy(facts: ResultFacts) -> list[ComplianceFacts]:
    """The tests that score, such as TEST01."""
    return [test for test in existing(facts) if test.terms.scores]


def _deterministic(test: ComplianceFacts) -> bool:
    return isinstance(test.verify_accuracy, str) and PASS in test.verify_accuracy
