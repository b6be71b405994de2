"""Where a breach is: in a run's log, in a system description, in a measurement description."""

from __future__ import annotations

from submission.checks.facts import SystemFacts
from submission.checks.model import Breach
from submission.checks.result_facts import ResultFacts, RunFacts
from submission.checks.words import shown
from submission.loadgen import AccuracyText, Document
from submission.loadgen.accuracy_text import MetricLine


def at(
    run: RunFacts,
    key: str,
    *,
    expected: str,
    found: str | None = None,
    about: tuple[str, ...] = (),
) -> Breach:
    """A breach at a key of the run's detail log; what is found there is its value."""
    words = shown(repr(run.log.get(key)), 120) if found is None else found
    return Breach(
        at=run.detail_path,
        line=run.log.lines.get(key),
        key=key,
        found=words,
        expected=expected,
        about=about,
    )


def field_breach(facts: SystemFacts, key: str, *, found: str, expected: str) -> Breach:
    """A breach at a field of the system description."""
    return Breach(at=facts.path, key=key, line=facts.line_of(key), found=found, expected=expected)


def field_value(facts: SystemFacts, key: str) -> str:
    """A field's value in words."""
    return shown(repr(facts.fields[key])) if key in facts.fields else "no such field"


def described(facts: ResultFacts) -> Document:
    """The measurement description; raises TypeError where rules on its being there do not hold."""
    if not isinstance(facts.measurement.document, Document):
        raise TypeError(f"{facts.measurement.folder} has no readable description")
    return facts.measurement.document


def description_path(facts: ResultFacts) -> str:
    """The measurement description's path, else that of its folder."""
    name = facts.measurement.json_name
    return facts.measurement.path(name) if name else facts.measurement.folder


def chosen_lines(facts: ResultFacts) -> dict[str, MetricLine]:
    """The line that counts for each metric of the benchmark, as far as accuracy.txt has one."""
    text, terms = facts.accuracy.text, facts.benchmark.terms
    if not isinstance(text, AccuracyText) or terms is None:
        return {}
    names = (metric.name for metric in terms.metrics)
    return {name: text.chosen[name] for name in names if name in text.chosen}


def metric_breach(facts: ResultFacts, line: MetricLine, expected: str) -> Breach:
    """A breach at an accuracy."""
    at, found = facts.accuracy.text_path, shown(line.text)
    return Breach(at=at, line=line.line, key=line.name, found=found, expected=expected)
