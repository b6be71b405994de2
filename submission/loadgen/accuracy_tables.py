"""The tables that some accuracy scripts print above their score.

Detection: pycocotools' average precisions and recalls. gpt-oss: the right answers of each data set,
each of whose questions is asked several times. Source: pycocotools ``COCOeval.summarize``; MLPerf
Inference, ``language/gpt-oss-120b/eval_mlperf_accuracy.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

ROWS = 100
_DETECTION = re.compile(
    r"^ ?Average (Precision|Recall) {1,9}\(A[PR]\) @\[ IoU=([\d.:]{1,9}) {0,9}\|"
    r" area= {0,6}(\w{1,6}) \| maxDets= {0,4}(\d{1,4}) \] = (\d\.\d{1,6})\s*$"
)
_REPEATED = re.compile(
    r"^[\w.-]{1,80} {1,80}(\d{1,9}) {1,20}(\d{1,9}) {1,20}(\d{1,4})"
    r" {1,20}\d{1,9}\.\d\d {1,20}\d{1,3}\.\d\d%\s*$"
)
_RAW = re.compile(r"^Overall raw accuracy: (\d{1,3}\.\d{1,4})% \((\d{1,9})/(\d{1,9})\)\s*$")
_FINAL = re.compile(
    r"^FINAL SCORE: (\d{1,3}\.\d{1,4})% \((\d{1,9}\.\d{1,4})/(\d{1,9}\.\d{1,4})\)\s*$"
)
Curve = tuple[str, str, str, str]
"""Precision or Recall, IoU, area and the most detections of an image."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeated:
    """A data set of gpt-oss: of ``total`` answers, ``repeats`` to a question, some are right."""

    right: int
    total: int
    repeats: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AccuracyTables:
    """The tables of an accuracy.txt, as far as it has them.

    ``detection`` has no row that stands there twice. ``raw`` is a share, the right answers and all;
    ``final`` a share, the score and the highest that there is: as printed, the line before them.
    """

    detection: Mapping[Curve, str] = field(default_factory=dict)
    repeated: tuple[Repeated, ...] = ()
    raw: tuple[int, str, str, str] | None = None
    final: tuple[int, str, str, str] | None = None


def accuracy_tables(lines: Iterable[str]) -> AccuracyTables:
    """The tables in the lines of an accuracy.txt."""
    curves: dict[Curve, list[str]] = {}
    repeated: list[Repeated] = []
    raws: list[tuple[int, str, str, str]] = []
    finals: list[tuple[int, str, str, str]] = []
    for number, line in enumerate(lines, 1):
        if len(line) > ROWS + 100:
            continue
        if (row := _DETECTION.match(line)) and len(curves) < ROWS:
            curves.setdefault((row[1], row[2], row[3], row[4]), []).append(row[5])
        elif (row := _REPEATED.match(line)) and len(repeated) < ROWS:
            right, total, repeats = int(row[1]), int(row[2]), int(row[3])
            repeated.append(Repeated(right=right, total=total, repeats=repeats))
        elif row := _RAW.match(line):
            raws.append((number, row[1], row[2], row[3]))
        elif row := _FINAL.match(line):
            finals.append((number, row[1], row[2], row[3]))
    return AccuracyTables(
        detection={curve: found[0] for curve, found in curves.items() if len(found) == 1},
        repeated=tuple(repeated),
        raw=raws[0] if len(raws) == 1 else None,
        final=finals[0] if len(finals) == 1 else None,
    )
