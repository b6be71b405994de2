"""accuracy.txt to facts: every value of the metric, every hash line, in the order of the file."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from submission.loadgen.reading import Place, Unreadable, read_whole

ACCURACY_TEXT_BYTES = 4 << 20
KEPT = 20
LINE_CHARACTERS = 400
HASH_CHARACTERS = 200
JSON_CHARACTERS = 64 << 10
_HASH = re.compile(r"^\s*hash\s*=\s*(\S*)\s*$")
_OFFICIAL_HASH = re.compile(r"^hash=([\w\d]+)$")
_JSON_KEYS = {"F1": "f1"}


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricLine:
    """A value of the metric: ``text`` as it stands, ``value`` None if it is no number.

    ``whole`` is the line that it stands on, cut at LINE_CHARACTERS.
    """

    line: int
    text: str
    value: float | None
    whole: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class HashLine:
    """A ``hash=`` line and what stands behind the equals sign."""

    line: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AccuracyText:
    """The facts of one accuracy.txt.

    ``official_value`` and ``official_hash`` are what a reader takes that goes line by line with
    the round's pattern until it has both; ``official_fault`` is what stops such a reader.
    """

    metrics: tuple[MetricLine, ...]
    hashes: tuple[HashLine, ...]
    official_value: str | None
    official_hash: str | None
    official_fault: str | None
    fault: str | None
    size_bytes: int


def read_accuracy_text(path: Place, metric: str, pattern: str) -> AccuracyText | Unreadable:
    """The facts of an accuracy.txt; ``pattern`` is the round's, with one group for the value."""
    content = read_whole(path, ACCURACY_TEXT_BYTES)
    if isinstance(content, Unreadable):
        return content
    return parse_accuracy_text(content, metric, pattern)


def parse_accuracy_text(content: bytes, metric: str, pattern: str) -> AccuracyText:
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
    compiled = re.compile(pattern)
    metrics: list[MetricLine] = []
    hashes: list[HashLine] = []
    for number, line in enumerate(_lines(text), 1):
        if (metric_line := _metric(number, line, metric, compiled)) and len(metrics) < KEPT:
            metrics.append(metric_line)
        if (match := _HASH.match(line)) and len(hashes) < KEPT:
            hashes.append(HashLine(line=number, text=match[1][:HASH_CHARACTERS]))
    value, digest = _official(_lines(text), compiled)
    return AccuracyText(
        metrics=tuple(metrics),
        hashes=tuple(hashes),
        official_value=value,
        official_hash=digest,
        official_fault=official_fault,
        fault=fault,
        size_bytes=len(content),
    )


def _lines(text: str) -> Iterator[str]:
    """The lines of a text one after the other, each kind of line end taken away."""
    for line in io.StringIO(text, newline=None):
        yield line.removesuffix("\n")


def _metric(number: int, line: str, metric: str, pattern: re.Pattern[str]) -> MetricLine | None:
    """The metric's value in a line: as JSON where the metric is written so, else by pattern."""
    key = _JSON_KEYS.get(metric)
    if key is not None and len(line) <= JSON_CHARACTERS and line.lstrip().startswith("{"):
        return _json_metric(number, line, key) or _pattern_metric(number, line, pattern)
    return _pattern_metric(number, line, pattern)


def _pattern_metric(number: int, line: str, pattern: re.Pattern[str]) -> MetricLine | None:
    match = pattern.match(line)
    if match is None:
        return None
    text, whole = match[1], line[:LINE_CHARACTERS]
    return MetricLine(line=number, text=text[:100], value=as_number(text), whole=whole)


def _json_metric(number: int, line: str, key: str) -> MetricLine | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or key not in value:
        return None
    found = value[key]
    text = found if isinstance(found, str) else json.dumps(found)
    return MetricLine(
        line=number,
        text=text[:100],
        value=_finite_or_not(found),
        whole=line[:LINE_CHARACTERS],
    )


def _finite_or_not(value: Any) -> float | None:
    if type(value) is float:
        return value
    if type(value) is int:
        return as_number(str(value)) if abs(value) < 10**300 else float("inf")
    return None


def as_number(text: str) -> float | None:
    """A number from its text, None for what is none (``90.94.47``)."""
    try:
        return float(text)
    except ValueError:
        return None


def _official(lines: Iterable[str], pattern: re.Pattern[str]) -> tuple[str | None, str | None]:
    """The last value and the last hash before both are known."""
    value = digest = None
    for line in lines:
        value = match[1] if (match := pattern.match(line)) else value
        digest = match[1] if (match := _OFFICIAL_HASH.match(line)) else digest
        if value and digest:
            break
    return value, digest
