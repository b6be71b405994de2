"""ACC: figures of accuracy.txt that follow from others, and from the accuracy run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from submission.checks.arithmetic import fits_digits, last_digit
from submission.checks.model import Breach, Scope, Severity, rule
from submission.checks.result_facts import ResultFacts
from submission.checks.rules.accuracy_tables import (
    detection_breaches,
    repeated_breaches,
    rouge_breaches,
)
from submission.checks.rules.places import chosen_lines, metric_breach
from submission.checks.rules.references import SCORES
from submission.checks.rules.requirements import SCORE_READ
from submission.loadgen import AccuracyText, DetailLog
from submission.loadgen.accuracy_text import as_number
from submission.policy import AccuracyMetric, Policy

_SCORE_KNOWN = SCORE_READ | {"ACC003", "ACC004"}
SAMPLES = "qsl_reported_total_count"


@rule(
    id="ACC020",
    title="The accuracy follows from the numbers that it is made of",
    fault="The accuracy contradicts the numbers that it is made of",
    scope=Scope.RESULT,
    reference=SCORES,
    hint="submit the lines as the benchmark's accuracy script printed it",
    requires=_SCORE_KNOWN,
)
def _parts_fit(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    for name, line in chosen_lines(facts).items():
        metric = policy.accuracy_metrics[name]
        parts = _parts(metric, line.whole)
        if not parts or line.value is None:
            continue
        words = _misfit(line.text, parts, metric.relation, policy.tolerances.accuracy_parts)
        if words is not None:
            yield metric_breach(facts, line, words)
    yield from repeated_breaches(facts)


def _parts(metric: AccuracyMetric, line: str) -> list[str]:
    """The numbers of a line to which its metric is tied; none where one of them is no number."""
    found = re.search(metric.parts_pattern, line) if metric.parts_pattern else None
    parts = list(found.groups()) if found else []
    return [] if any(as_number(part) is None for part in parts) else parts


def _misfit(text: str, parts: list[str], relation: str, within: float) -> str | None:
    """What the value should be, if the other numbers of its line give another one."""
    value, numbers = float(text), [float(part) for part in parts]
    if relation == "not below":
        return None if value >= numbers[0] else f"at least the {parts[0]} of the same line"
    if relation == "share":
        wanted = 100 * numbers[0] / numbers[1] if numbers[1] else 0.0
        fits = fits_digits(text, wanted)
    elif relation == "each":
        wanted = numbers[1] / numbers[0] if numbers[0] else 0.0
        fits = fits_digits(text, wanted)
    elif relation == "complement":
        wanted = 100 - numbers[0]
        fits = fits_digits(text, wanted, off=last_digit(parts[0]) / 2)
    else:
        wanted = sum(numbers) / len(numbers)
        fits = math.isclose(value, wanted, rel_tol=within)
    return None if fits else f"{wanted:.6g} by the other numbers of the line"


@rule(
    id="ACC028",
    title="The score is of every sample of the accuracy run",
    fault="The score is not of every sample of the accuracy run",
    scope=Scope.RESULT,
    reference=SCORES,
    hint="score the whole accuracy log",
    requires=_SCORE_KNOWN,
)
def _all_scored(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    total = _samples(facts)
    for name, line in chosen_lines(facts).items():
        pattern = policy.accuracy_metrics[name].count_pattern
        counted = re.search(pattern, line.whole) if pattern else None
        if counted is not None and total is not None and int(counted[1]) != total:
            yield Breach(
                at=facts.accuracy.text_path,
                line=line.line,
                key=line.name,
                found=f"{counted[0]}",
                expected=f"{total:g}, the samples that LoadGen issued",
            )


@rule(
    id="ACC029",
    title="The accuracy agrees with the other figures of its script",
    fault="The accuracy contradicts the other figures of its script",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=SCORES,
    hint="submit what the benchmark's accuracy script printed",
    requires=_SCORE_KNOWN | {"ACC020", "ACC028"},
)
def _script_agrees(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    text, terms = facts.accuracy.text, facts.benchmark.terms
    if not isinstance(text, AccuracyText) or terms is None:
        return
    for name, line in chosen_lines(facts).items():
        metric = policy.accuracy_metrics[name]
        whole = _samples(facts) == terms.accuracy_samples(facts.scenario)
        for part in _parts(metric, line.whole) if metric.part_of and whole else ():
            count = float(part) / 100 * metric.part_of
            if not fits_digits(part, 100 * round(count) / metric.part_of):
                words = f"a share of {metric.part_of} questions beside it, not {part}"
                yield metric_breach(facts, line, words)
        beside = text.beside.get(name, ())
        if beside and not any(fits_digits(one, float(line.text) / 100) for one in beside):
            words = f"about {100 * float(beside[-1]):g}, the {beside[-1]} of the script's table"
            yield metric_breach(facts, line, words)
    yield from detection_breaches(facts, policy)
    yield from rouge_breaches(facts, policy)


def _samples(facts: ResultFacts) -> float | None:
    """How many samples the accuracy run had."""
    run = facts.accuracy_run
    return run.detail.number(SAMPLES) if run and isinstance(run.detail, DetailLog) else None
