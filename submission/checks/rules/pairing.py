"""ACC: that the accuracy run belongs to the performance run beside it."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.model import Breach, Scope, Severity, rule
from submission.checks.result_facts import ResultFacts, RunFacts, RunKind
from submission.checks.rules.loadgen import is_of_round
from submission.checks.rules.performance import is_of_its_folder
from submission.checks.rules.places import at
from submission.checks.rules.requirements import LOG_TYPED
from submission.checks.words import shown
from submission.loadgen import AccuracyText, DetailLog
from submission.policy import Policy
from submission.terms import Scenario

TOKENS_PER_SAMPLE = "TOKENS_PER_SAMPLE"
SAMPLE_RATES = ("result_samples_per_second", "result_completed_samples_per_sec")
RUN = "inference_rules.adoc, section 'General rules', accuracy run"


@rule(
    id="ACC016",
    title="The accuracy run covers a whole validation set",
    fault="The accuracy run does not cover a whole validation set",
    scope=Scope.RUN,
    reference=RUN,
    hint="run AccuracyOnly on the complete data set",
    requires=LOG_TYPED,
)
def _complete(run: RunFacts, _policy: Policy) -> Iterator[Breach]:
    terms, count = run.benchmark.terms, run.log.number("qsl_reported_total_count")
    if run.kind is not RunKind.ACCURACY or terms is None or count is None:
        return
    others = terms.open_sample_counts if run.division == "open" else ()
    whole = terms.accuracy_samples(run.scenario)
    if count < whole and count not in others:
        counts = " or ".join(map(str, (whole, *others)))
        yield at(run, "qsl_reported_total_count", expected=f"a whole set, {counts}")


@rule(
    id="ACC017",
    title="The accuracy run is of the result's scenario",
    fault="The accuracy run is of another scenario",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=RUN,
    hint="run AccuracyOnly in this scenario",
)
def _same_scenario(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    """An accuracy run of a third scenario, from which an edge system's may be inferred."""
    performance, accuracy = _logs(facts)
    run, key = facts.accuracy_run, "effective_scenario"
    if performance is None or accuracy is None or run is None or not is_of_its_folder(run):
        return
    if accuracy.get(key) not in (performance.get(key), facts.scenario):
        expected = f"{performance.get(key)} as in the performance run, or {facts.scenario}"
        yield at(run, key, expected=expected)


@rule(
    id="ACC018",
    title="Accuracy and performance run are of the same SUT",
    fault="Accuracy and performance run are of different SUTs",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=RUN,
    hint="run both with the same code, and submit both",
)
def _same_sut(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    yield from _same_value(facts, "sut_name")


@rule(
    id="ACC019",
    title="Accuracy and performance run are of the same LoadGen",
    fault="Accuracy and performance run are of different LoadGens",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=RUN,
    hint="run both with the same LoadGen, and submit both",
)
def _same_loadgen(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    """Two builds of the round; LOG014 reports a version of another round."""
    if all(log is not None and is_of_round(log, policy) for log in _logs(facts)):
        yield from _same_value(facts, "loadgen_version")


@rule(
    id="ACC026",
    title="Tokens a second fit the samples a second and the tokens of a sample",
    fault="Tokens a second do not fit the samples a second",
    scope=Scope.RESULT,
    reference="LoadGen: tokens over time",
    hint="submit the logs that LoadGen wrote, and the accuracy run of this result",
)
def _tokens_fit(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    """Both runs answer the same samples, so that their answers are about as long."""
    run, terms, text = facts.performance, facts.benchmark.terms, facts.accuracy.text
    log, _ = _logs(facts)
    if run is None or log is None or terms is None or not isinstance(text, AccuracyText):
        return
    key = terms.result_keys.get(run.logged_scenario) if run.logged_scenario else None
    line = text.chosen.get(TOKENS_PER_SAMPLE)
    each = line.value if line else None
    rates = (log.number(name) for name in SAMPLE_RATES)
    samples = next((rate for rate in rates if rate is not None), None)
    tokens = log.number(key) if key is not None and "_tokens_" in key else None
    if not (tokens and samples and each):
        return
    queries = log.number("result_query_count")
    if run.logged_scenario is Scenario.SERVER and queries is not None and queries > 1:
        # LoadGen leaves the first query out of a rate of samples, but its tokens in
        samples *= queries / (queries - 1)
    expected = samples * each
    if abs(tokens / expected - 1) > policy.tolerances.tokens:
        words = f"about {expected:.6g}, {samples:.6g} samples of {each:g} tokens"
        yield at(run, key or "", expected=words)


def _same_value(facts: ResultFacts, key: str) -> Iterator[Breach]:
    performance, accuracy = _logs(facts)
    if performance is None or accuracy is None or facts.accuracy_run is None:
        return
    names = accuracy.text(key), performance.text(key)
    if None not in names and names[0] != names[1]:
        value = shown(repr(performance.get(key)), 120)
        yield at(facts.accuracy_run, key, expected=f"{value} as in the performance run")


def _logs(facts: ResultFacts) -> tuple[DetailLog | None, DetailLog | None]:
    runs = (facts.performance, facts.accuracy_run)
    performance, accuracy = (run.detail if run is not None else None for run in runs)
    return (
        performance if isinstance(performance, DetailLog) else None,
        accuracy if isinstance(accuracy, DetailLog) else None,
    )
