"""``accuracy.txt``: the metric, and ``hash=`` with the SHA-256 of the log before its truncation.

One parser serves the checker (every value of the metrics and every hash line, whatever the file
holds) and the kit's own files (``squad_accuracy``, which accepts exactly one of each). Source:
MLPerf submission rules, section "Accuracy logs".
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from submission.errors import StageError
from submission.loadgen.reading import Place, Unreadable, read_whole

ACCURACY_TEXT_BYTES = 4 << 20
KEPT = 20
MOST_LINES = 1000
LINE_CHARACTERS = 400
HASH_CHARACTERS = 200
JSON_CHARACTERS = 64 << 10
_HASH = re.compile(r"^\s*hash\s*=\s*(\S*)\s*$")
_OFFICIAL_HASH = re.compile(r"^hash=([\w\d]+)$")
_JSON_KEYS = {"F1": "f1"}
_SQUAD_KEYS = ("exact_match", "f1")
_SQUAD_HASH = re.compile(r"[0-9a-f]{64}")
_NO_PATTERN = r"(?!)"
PERCENT_MAX = 100.0


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricLine:
    """A value of the metric ``name``: ``text`` as it stands, ``value`` None if it is no number.

    ``whole`` is the line that it stands on, cut at LINE_CHARACTERS. ``squad`` holds the values of
    ``exact_match`` and ``f1`` where the line is a JSON object that has both.
    """

    name: str
    line: int
    text: str
    value: float | None
    whole: str = ""
    squad: Mapping[str, Any] = field(default_factory=dict)


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
    """

    metrics: tuple[MetricLine, ...]
    hashes: tuple[HashLine, ...]
    official_values: Mapping[str, str | None]
    official_hash: str | None
    official_fault: str | None
    fault: str | None
    size_bytes: int
    official_lines: tuple[OfficialLine, ...] = ()

    def of(self, metric: str) -> tuple[MetricLine, ...]:
        """The values of one metric, in the order of their lines."""
        return tuple(line for line in self.metrics if line.name == metric)

    @property
    def official_value(self) -> str | None:
        """The official value of the benchmark's first metric."""
        return next(iter(self.official_values.values()), None)


def read_accuracy_text(path: Place, patterns: Mapping[str, str]) -> AccuracyText | Unreadable:
    """The facts of an accuracy.txt; ``patterns`` (by metric) have one group, for the value."""
    content = read_whole(path, ACCURACY_TEXT_BYTES)
    if isinstance(content, Unreadable):
        return content
    return parse_accuracy_text(content, patterns)


def parse_accuracy_text(content: bytes, patterns: Mapping[str, str]) -> AccuracyText:
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
    counts = dict.fromkeys(patterns, 0)
    metrics: list[MetricLine] = []
    hashes: list[HashLine] = []
    for number, line in enumerate(_lines(text), 1):
        for metric, pattern in compiled.items():
            found = _metric(number, line, metric, pattern) if counts[metric] < KEPT else None
            if found is not None:
                metrics.append(found)
                counts[metric] += 1
        if (match := _HASH.match(line)) and len(hashes) < KEPT:
            hashes.append(HashLine(line=number, text=match[1][:HASH_CHARACTERS]))
    values, digest = _official(_lines(text), compiled)
    return AccuracyText(
        metrics=tuple(metrics),
        hashes=tuple(hashes),
        official_values=values,
        official_hash=digest,
        official_fault=official_fault,
        fault=fault,
        size_bytes=len(content),
        official_lines=tuple(islice(_official_lines(_lines(text), compiled), MOST_LINES)),
    )


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
    if not all(key in value for key in _SQUAD_KEYS):
        return {}
    return {
        key: type(value[key])() if isinstance(value[key], list | dict) else value[key]
        for key in _SQUAD_KEYS
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
) -> tuple[dict[str, str | None], str | None]:
    """The last value of each metric and the last hash before all of them are known."""
    values: dict[str, str | None] = dict.fromkeys(patterns)
    digest = None
    for line in lines:
        for metric, pattern in patterns.items():
            values[metric] = match[1] if (match := pattern.match(line)) else values[metric]
        digest = match[1] if (match := _OFFICIAL_HASH.match(line)) else digest
        if all(values.values()) and digest:
            break
    return values, digest


@dataclass(frozen=True, kw_only=True)
class SquadAccuracy:
    """What an ``accuracy.txt`` of this kit says; both numbers in percent."""

    exact_match: float
    f1: float
    log_sha256: str


def accuracy_text(*, exact_match: float, f1: float, log_sha256: str) -> str:
    """The two lines of ``accuracy.txt``; numbers with all their digits.

    Raises StageError for what ``squad_accuracy`` refuses.
    """
    metric = json.dumps({"exact_match": exact_match, "f1": f1})
    text = f"{metric}\nhash={log_sha256}\n"
    squad_accuracy(text)
    return text


def squad_accuracy(text: str) -> SquadAccuracy:
    """The accuracy in the text of an ``accuracy.txt``.

    Raises StageError unless exactly one line is a JSON object with both numbers, each 0 to 100,
    and exactly one is ``hash=`` with 64 hex digits. Other lines, such as a scorer's progress, do
    not matter.
    """
    found = parse_accuracy_text(text.encode("utf-8", "replace"), {"F1": _NO_PATTERN})
    metrics = [line.squad for line in found.metrics if line.squad]
    if len(metrics) != 1:
        raise _unusable(f"{len(metrics)} lines hold exact_match and f1 as JSON")
    if len(found.hashes) != 1:
        raise _unusable(f"{len(found.hashes)} lines begin with hash=")
    digest = found.hashes[0].text
    if _SQUAD_HASH.fullmatch(digest) is None:
        raise _unusable(f"{digest[:80]!r} is not 64 hex digits in lower case")
    exact_match, f1 = (_percent(metrics[0], key) for key in _SQUAD_KEYS)
    return SquadAccuracy(exact_match=exact_match, f1=f1, log_sha256=digest)


def _percent(metric: Mapping[str, Any], key: str) -> float:
    value = metric[key]
    if type(value) not in {int, float} or not 0.0 <= value <= PERCENT_MAX:
        raise _unusable(f"{key} is {str(value)[:80]!r}, not a number from 0 to 100")
    return float(value)


def _unusable(trouble: str) -> StageError:
    return StageError(
        "accuracy.txt does not say one accuracy",
        detail=trouble,
        hint="score the accuracy run again",
    )
