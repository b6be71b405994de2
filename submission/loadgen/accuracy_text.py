"""``accuracy.txt``: the metric, and ``hash=`` with the SHA-256 of the log before its truncation.

Every value of the metrics and every hash line is kept, whatever the file holds. Source: MLPerf
submission rules, section "Accuracy logs".
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from submission.loadgen.accuracy_forms import read_loosely
from submission.loadgen.accuracy_tables import AccuracyTables, accuracy_tables
from submission.loadgen.reading import Place, Unreadable, read_whole

ACCURACY_TEXT_BYTES = 4 << 20
KEPT = 20
MOST_LINES = 1000
LINE_CHARACTERS = 400
HASH_CHARACTERS = 200
JSON_CHARACTERS = 64 << 10
_HASH = re.compile(r"^\s*hash\s*=\s*(\S*)\s*$")
_ANY_HASH = re.compile(r"^.*\bhash\s*=\s*([0-9a-fA-F]{64})\s*$")
_OFFICIAL_HASH = re.compile(r"^hash=([\w\d]+)$")
_JSON_KEYS = {"F1": "f1"}
NOTHING: Mapping[str, str] = {}
SQUAD_KEYS = ("exact_match", "f1")


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricLine:
    """A value of the metric ``name``: ``text`` as it stands, ``value`` None if it is no number.

    ``whole`` is the line that it stands on, cut at LINE_CHARACTERS. ``squad`` holds the values of
    ``exact_match`` and ``f1`` where the line is a JSON object that has both. ``form`` says what is
    wrong with a value that stands in no line in the metric's form.
    """

    name: str
    line: int
    text: str
    value: float | None
    whole: str = ""
    squad: Mapping[str, Any] = field(default_factory=dict)
    form: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class HashLine:
    """A ``hash=`` line and what stands behind the equals sign."""

    line: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficialLine:
    """What the official patterns find in one line: values by metric, and a digest."""

    values: Mapping[str, str]
    digest: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AccuracyText:
    """The facts of one accuracy.txt.

    ``official_values`` (by metric, None where there is none) and ``official_hash`` are what a
    reader takes that goes line by line with the round's patterns until it has all of them;
    ``official_fault`` is what stops such a reader; ``official_lines`` is all that it could find.
    ``chosen`` is the one line that counts for a metric: the official one, else the first; so is
    ``digest``. ``beside`` are the values of a metric that stand elsewhere in the file,
    ``tables`` what the script prints above its score.
    """

    metrics: tuple[MetricLine, ...]
    hashes: tuple[HashLine, ...]
    official_values: Mapping[str, str | None]
    official_hash: str | None
    official_fault: str | None
    fault: str | None
    size_bytes: int
    official_lines: tuple[OfficialLine, ...] = ()
    chosen: Mapping[str, MetricLine] = field(default_factory=dict)
    digest: HashLine | None = None
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tables: AccuracyTables = field(default_factory=AccuracyTables)

    def of(self, metric: str) -> tuple[MetricLine, ...]:
        """The values of one metric, in the order of their lines."""
        return tuple(line for line in self.metrics if line.name == metric)

    @property
    def official_value(self) -> str | None:
        """The official value of the benchmark's first metric."""
        return next(iter(self.official_values.values()), None)


def read_accuracy_text(
    path: Place, patterns: Mapping[str, str], beside: Mapping[str, str] = NOTHING
) -> AccuracyText | Unreadable:
    """The facts of an accuracy.txt.

    ``patterns`` (by metric) have one group, for the value; so have those of ``beside``, for the
    same value elsewhere in the file.
    """
    content = read_whole(path, ACCURACY_TEXT_BYTES)
    if isinstance(content, Unreadable):
        return content
    return parse_accuracy_text(content, patterns, beside)


def parse_accuracy_text(
    content: bytes, patterns: Mapping[str, str], beside: Mapping[str, str] = NOTHING
) -> AccuracyText:
    """The facts of an accuracy.txt that is in memory; bytes that are not UTF-8 are a fault."""
    fault = None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        fault = f"byte {error.start} is not UTF-8"
        text = content.decode("utf-8", errors="replace")
    official_fault = fault
    if not content.strip(b"\x00 \t\r\n"):
        fault = "it holds nothing"
    compiled = {metric: re.compile(pattern) for metric, pattern in patterns.items()}
    metrics = [line for name, pattern in compiled.items() for line in _kept(text, name, pattern)]
    metrics.sort(key=lambda line: line.line)
    hashes = list(islice(_hashes(text, _HASH), KEPT)) or list(islice(_hashes(text, _ANY_HASH), 1))
    values, digest = _official(_lines(text), compiled)
    return AccuracyText(
        metrics=tuple(metrics),
        hashes=tuple(hashes),
        official_values={name: value.text if value else None for name, value in values.items()},
        official_hash=digest.text if digest else None,
        official_fault=official_fault,
        fault=fault,
        size_bytes=len(content),
        official_lines=tuple(islice(_official_lines(_lines(text), compiled), MOST_LINES)),
        chosen=_chosen(metrics, values),
        digest=digest or next(iter(hashes), None),
        beside={metric: _beside(text, pattern) for metric, pattern in beside.items()},
        tables=accuracy_tables(_lines(text)),
    )


def _beside(text: str, pattern: str) -> tuple[str, ...]:
    """The first numbers that a pattern finds, a line at a time."""
    found = (match[1] for line in _lines(text) if (match := re.match(pattern, line)))
    return tuple(islice((one for one in found if as_number(one) is not None), KEPT))


def _kept(text: str, metric: str, pattern: re.Pattern[str]) -> list[MetricLine]:
    """The first values of a metric: in its form, or else in any other."""
    lines = (_metric(n, line, metric, pattern) for n, line in enumerate(_lines(text), 1))
    kept = list(islice((line for line in lines if line is not None), KEPT))
    if kept:
        return kept
    loose = (_loose(n, line, metric, pattern) for n, line in enumerate(_lines(text), 1))
    return list(islice((line for line in loose if line is not None), KEPT))


def _loose(number: int, line: str, metric: str, pattern: re.Pattern[str]) -> MetricLine | None:
    found = read_loosely(line[:LINE_CHARACTERS], metric, pattern.pattern)
    if found is None:
        return None
    text, form = found
    value, whole = as_number(text), line[:LINE_CHARACTERS]
    return MetricLine(name=metric, line=number, text=text, value=value, whole=whole, form=form)


def _hashes(text: str, pattern: re.Pattern[str]) -> Iterator[HashLine]:
    for number, line in enumerate(_lines(text), 1):
        if match := pattern.match(line):
            yield HashLine(line=number, text=match[1][:HASH_CHARACTERS])


def _chosen(
    metrics: Iterable[MetricLine], official: Mapping[str, MetricLine | None]
) -> dict[str, MetricLine]:
    """The line that counts for each metric, as far as there is one."""
    chosen: dict[str, MetricLine] = {}
    for line in metrics:
        counts = official.get(line.name)
        if counts is None:
            chosen.setdefault(line.name, line)
        elif line.line == counts.line:
            chosen[line.name] = line
    others = {name: line for name, line in official.items() if line is not None}
    return others | chosen


def _official_lines(
    lines: Iterable[str], patterns: Mapping[str, re.Pattern[str]]
) -> Iterator[OfficialLine]:
    for line in lines:
        values = {m: match[1] for m, p in patterns.items() if (match := p.match(line))}
        digest = match[1] if (match := _OFFICIAL_HASH.match(line)) else None
        if values or digest:
            yield OfficialLine(values=values, digest=digest)


def _lines(text: str) -> Iterator[str]:
    """The lines of a text one after the other, each kind of line end taken away."""
    for line in io.StringIO(text, newline=None):
        yield line.removesuffix("\n")


def _metric(number: int, line: str, metric: str, pattern: re.Pattern[str]) -> MetricLine | None:
    """The metric's value in a line: as JSON where the metric is written so, else by pattern."""
    key = _JSON_KEYS.get(metric)
    if key is not None and len(line) <= JSON_CHARACTERS and line.lstrip().startswith("{"):
        return _json_metric(number, line, metric) or _pattern_metric(number, line, metric, pattern)
    return _pattern_metric(number, line, metric, pattern)


def _pattern_metric(
    number: int, line: str, metric: str, pattern: re.Pattern[str]
) -> MetricLine | None:
    match = pattern.match(line)
    if match is None:
        return None
    text, whole = match[1], line[:LINE_CHARACTERS]
    return MetricLine(name=metric, line=number, text=text[:100], value=as_number(text), whole=whole)


def _json_metric(number: int, line: str, metric: str) -> MetricLine | None:
    key = _JSON_KEYS[metric]
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or key not in value:
        return None
    found = value[key]
    text = found if isinstance(found, str) else json.dumps(found)
    return MetricLine(
        name=metric,
        line=number,
        text=text[:100],
        value=_finite_or_not(found),
        whole=line[:LINE_CHARACTERS],
        squad=_squad_values(value),
    )


def _squad_values(value: dict[str, Any]) -> dict[str, Any]:
    """Both of SQuAD's numbers as they stand; of a list or an object only that it is one."""
    if not all(key in value for key in SQUAD_KEYS):
        return {}
    return {
        key: type(value[key])() if isinstance(value[key], list | dict) else value[key]
        for key in SQUAD_KEYS
    }


def _finite_or_not(value: Any) -> float | None:
    if type(value) is float:
        return value
    if type(value) is int:
        return as_number(str(value)) if abs(value) < 10**300 else float("inf")
    return None


def as_number(text: str) -> float | None:
    """A number from its text; None for other text (``90.94.47``)."""
    try:
        return float(text)
    except ValueError:
        return None


def _official(
    lines: Iterable[str], patterns: Mapping[str, re.Pattern[str]]
) -> tuple[dict[str, MetricLine | None], HashLine | None]:
    """The last value of each metric and the last hash before all of them are known."""
    values: dict[str, MetricLine | None] = dict.fromkeys(patterns)
    digest = None
    for number, line in enumerate(lines, 1):
        for metric, pattern in patterns.items():
            values[metric] = _pattern_metric(number, line, metric, pattern) or values[metric]
        if match := _OFFICIAL_HASH.match(line):
            digest = HashLine(line=number, text=match[1])
        if digest and all(value and value.text for value in values.values()):
            break
    return values, digest
