"""ACC: the accuracy run: what it scored, of which log, and that it belongs to the result."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from submission.checks.model import CLOSED, OPEN, Breach, Counterpart, Scope, Severity, rule
from submission.checks.result_facts import ResultFacts
from submission.checks.rules.places import chosen_lines, metric_breach
from submission.checks.rules.references import SCORES
from submission.checks.rules.requirements import SCORE_READ
from submission.checks.words import shown
from submission.loadgen import AccuracyText, Unreadable
from submission.loadgen.accuracy_text import MetricLine
from submission.policy import MetricTarget, Policy

ACCURACY = "inference_rules.adoc, section 'Benchmarks', quality targets"
FORM = 'for F1: {"exact_match": <number>, "f1": <number>} at the start of a line'
_SCORE_KNOWN = SCORE_READ | {"ACC003", "ACC004"}


@rule(
    id="ACC001",
    title="The accuracy run has an accuracy.txt",
    fault="accuracy.txt is missing from the accuracy run",
    scope=Scope.RESULT,
    reference=SCORES,
    hint="score the accuracy log and write accuracy.txt",
    requires={"BEN001", "BEN008"},
    official=Counterpart.REFUSES,
)
def _text_there(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    if facts.accuracy.exists and facts.accuracy.text is None:
        yield Breach(at=facts.accuracy.text_path, found="no such file", expected="the score")


@rule(
    id="ACC002",
    title="accuracy.txt is a text that states an accuracy",
    fault="accuracy.txt states no accuracy",
    scope=Scope.RESULT,
    reference=SCORES,
    hint="write the file again as UTF-8",
    requires={"ACC001"},
    official=Counterpart.CRASHES,
)
def _text_readable(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    text = facts.accuracy.text
    why = text.why if isinstance(text, Unreadable) else text.fault if text else None
    if why is not None:
        yield Breach(at=facts.accuracy.text_path, found=why, expected="UTF-8 text")
    elif isinstance(text, AccuracyText) and not (text.metrics or text.hashes):
        found = f"neither {' nor '.join(m.name for m in _wanted(facts))} nor a digest"
        yield Breach(at=facts.accuracy.text_path, found=found, expected="both")


@rule(
    id="ACC003",
    title="accuracy.txt has the benchmark's metric",
    fault="accuracy.txt lacks the benchmark's metric",
    scope=Scope.RESULT,
    reference=SCORES,
    hint="add the line that the benchmark's accuracy script prints; open must report it too",
    requires=SCORE_READ,
    official=Counterpart.REFUSES,
)
def _metric_there(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    bounded = _bounded(facts)
    for name, lines in _values(facts).items():
        if not lines and name in bounded:
            yield Breach(
                at=facts.accuracy.text_path,
                key=name,
                found="no such value",
                expected=f"{name} in its form",
            )


@rule(
    id="ACC004",
    title="The accuracy is a number in the metric's range",
    fault="The accuracy is not a number in the metric's range",
    scope=Scope.RESULT,
    reference=SCORES,
    hint="score the accuracy log again",
    requires=SCORE_READ | {"ACC003"},
)
def _metric_sound(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    for name, lines in _values(facts).items():
        most = policy.accuracy_metrics[name].maximum
        for line in lines:
            value = line.value
            if value is None or not math.isfinite(value) or not 0 <= value <= (most or math.inf):
                expected = (
                    "a number of 0 or more" if most is None else f"a number from 0 to {most:g}"
                )
                yield metric_breach(facts, line, expected)


@rule(
    id="ACC005",
    title="accuracy.txt gives one accuracy",
    fault="accuracy.txt gives several accuracies",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=SCORES,
    hint="leave only the line of this run",
    requires=_SCORE_KNOWN,
)
def _metric_once(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    chosen = chosen_lines(facts)
    for name, lines in _values(facts).items():
        for line in lines:
            counts = chosen[name]
            if line.value != counts.value:
                yield metric_breach(facts, line, f"{counts.text} as on line {counts.line}")


@rule(
    id="ACC006",
    title="The accuracy is in the form that the official checker reads",
    fault="The official checker cannot read the accuracy",
    scope=Scope.RESULT,
    divisions=CLOSED,
    reference=SCORES,
    hint=FORM,
    requires=_SCORE_KNOWN,
    official=Counterpart.REFUSES,
)
def _official_form(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    return _other_form(facts)


@rule(
    id="ACC007",
    title="The accuracy reaches the benchmark's target",
    fault="The accuracy misses the benchmark's target",
    scope=Scope.RESULT,
    divisions=CLOSED,
    reference=ACCURACY,
    hint="submit in the open division, or with a model that reaches it",
    requires=_SCORE_KNOWN,
    official=Counterpart.REFUSES,
)
def _target_met(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    return _below_target(facts, policy)


@rule(
    id="ACC008",
    title="Open: the accuracy is below the target in the benchmark's name",
    fault="Open: the accuracy is below the target in the benchmark's name",
    scope=Scope.RESULT,
    divisions=OPEN,
    severity=Severity.WARNING,
    reference=ACCURACY + " (the open division reports its accuracy)",
    hint="nothing to do if meant: the open division has no target",
    requires=_SCORE_KNOWN,
)
def _open_below_target(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    return _below_target(facts, policy)


def _below_target(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    chosen, name = chosen_lines(facts), facts.benchmark.resolution.benchmark
    for wanted in _wanted(facts):
        line = chosen.get(wanted.name)
        if line is None or line.value is None:
            continue
        least = wanted.least(facts.scenario)
        expected = _missed(line.value, least, wanted.upper_limit, name, policy)
        if expected is not None:
            yield metric_breach(facts, line, expected)


def _missed(
    value: float, least: float | None, most: float | None, benchmark: str, policy: Policy
) -> str | None:
    """What an accuracy should have been, None if it is good."""
    if least is not None and value < least:
        # the rules round results, the official checker does not
        rounded = float(f"{value:.{policy.significant_figures}g}")
        met = ", met only when rounded" if rounded >= least else ""
        return f"at least {least:.10g} for {benchmark}{met}"
    if most is not None and value > most:
        return f"at most {most:.10g} for {benchmark}"
    return None


@rule(
    id="ACC027",
    title="Open: the accuracy is in the form of its script",
    fault="Open: the accuracy is not in the form of its script",
    scope=Scope.RESULT,
    divisions=OPEN,
    severity=Severity.WARNING,
    reference=SCORES,
    hint=FORM,
    requires=_SCORE_KNOWN,
)
def _open_official_form(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    return _other_form(facts)


def _other_form(facts: ResultFacts) -> Iterator[Breach]:
    text = facts.accuracy.text
    bounded = _bounded(facts)
    for name, line in chosen_lines(facts).items():
        if not isinstance(text, AccuracyText) or name not in bounded:
            continue
        if text.official_values[name] is None:
            expected = "the form of the reference script, on one line of its own"
            found = f"{shown(line.text)}{line.form and f', {line.form}'}"
            yield replace(metric_breach(facts, line, expected), found=found)


def _wanted(facts: ResultFacts) -> tuple[MetricTarget, ...]:
    return facts.benchmark.terms.metrics if facts.benchmark.terms else ()


def _bounded(facts: ResultFacts) -> set[str]:
    """The metrics that have a target."""
    return {metric.name for metric in _wanted(facts) if metric.target is not None}


def _values(facts: ResultFacts) -> dict[str, tuple[MetricLine, ...]]:
    """The lines of each metric that the benchmark has; empty where there is no accuracy.txt."""
    text = facts.accuracy.text
    if not isinstance(text, AccuracyText):
        return {}
    return {metric.name: text.of(metric.name) for metric in _wanted(facts)}
