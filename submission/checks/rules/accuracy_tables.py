"""What ACC020 and ACC029 find in the tables that accuracy scripts print above a score."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from submission.checks.arithmetic import fits_digits
from submission.checks.model import Breach
from submission.checks.result_facts import ResultFacts
from submission.checks.rules.places import chosen_lines, metric_breach
from submission.loadgen import AccuracyText
from submission.loadgen.accuracy_tables import AccuracyTables
from submission.loadgen.accuracy_text import as_number
from submission.policy import Policy

RISING = ("rouge2", "rougeL", "rougeLsum", "rouge1")
_ROUGE = re.compile(r"""["'](rouge(?:1|2|L|Lsum))["']: {0,3}["']?(\d{1,4}\.?\d{0,20})""")
DETECTION, EXACT = "mAP", "exact_match"


def repeated_breaches(facts: ResultFacts) -> Iterator[Breach]:
    """What of gpt-oss's figures does not follow from its table of data sets.

    Its script adds up the right answers of each data set, divided by how often its questions are
    asked, and divides by the number of questions.
    """
    text, line = facts.accuracy.text, chosen_lines(facts).get(EXACT)
    if not isinstance(text, AccuracyText) or line is None:
        return
    tables = text.tables
    rows = tables.repeated
    if not rows or any(not row.repeats or not row.total for row in rows):
        return
    score = sum(row.right / row.repeats for row in rows)
    most = sum(row.total / row.repeats for row in rows)
    if line.value is not None and not fits_digits(line.text, 100 * score / most):
        yield metric_breach(facts, line, f"{100 * score / most:.3f} by the table of data sets")
    if tables.final is not None:
        number, share, got, of = tables.final
        wanted = (100 * score / most, score, most)
        if not all(map(fits_digits, (share, got, of), wanted)):
            words = "{:.2f}% ({:.2f}/{:.2f}) by the table of data sets".format(*wanted)
            yield _breach(facts, number, "FINAL SCORE", f"{share}% ({got}/{of})", words)
    yield from _raw_breaches(facts, tables)


def _raw_breaches(facts: ResultFacts, tables: AccuracyTables) -> Iterator[Breach]:
    rows = tables.repeated
    if tables.raw is not None:
        number, share, got, of = tables.raw
        right, total = sum(row.right for row in rows), sum(row.total for row in rows)
        if (int(got), int(of)) != (right, total) or not fits_digits(share, 100 * right / total):
            words = f"{100 * right / total:.2f}% ({right}/{total}) by the table of data sets"
            yield _breach(facts, number, "Overall raw accuracy", f"{share}% ({got}/{of})", words)


def detection_breaches(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    """An average precision above what those at two thresholds, or the recall, allow.

    It is the mean over ten thresholds of IoU, 0.50 to 0.95: five of them are below 0.75.
    """
    text, line = facts.accuracy.text, chosen_lines(facts).get(DETECTION)
    if not isinstance(text, AccuracyText) or line is None:
        return
    found = [_curve(text.tables, *one) for one in _CURVES]
    precision, at_half, at_three_quarters, recall = found
    if precision is None:
        return
    rounded = policy.tolerances.accuracy_rounded
    if at_half is not None and at_three_quarters is not None:
        most = (at_half + at_three_quarters) / 2
        if precision > most + rounded:
            words = f"at most {most:.4f}, half of those at IoU 0.50 and 0.75, in the table"
            yield metric_breach(facts, line, words)
    if recall is not None and precision > recall + rounded:
        yield metric_breach(facts, line, f"at most {recall:g}, the average recall of the table")


_WHOLE = "0.50:0.95"
_CURVES = (
    ("Precision", _WHOLE),
    ("Precision", "0.50"),
    ("Precision", "0.75"),
    ("Recall", _WHOLE),
)


def _curve(tables: AccuracyTables, kind: str, overlap: str) -> float | None:
    found = tables.detection.get((kind, overlap, "all", "100"))
    return None if found is None else float(found)


def rouge_breaches(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    """A ROUGE above one that is at least as high.

    Two words in a row are rarer than a common subsequence, and that is part of the common words.
    """
    for line in {one.line: one for one in chosen_lines(facts).values()}.values():
        found = {name: as_number(text) for name, text in _ROUGE.findall(line.whole)}
        known = [(name, value) for name in RISING if (value := found.get(name)) is not None]
        for (low, less), (high, more) in pairwise(known):
            if less > more + policy.tolerances.accuracy_rounded:
                words = f"at most the {high} of the same line, {more:g}"
                yield _breach(facts, line.line, low, f"{less:g}", words)


def _breach(facts: ResultFacts, line: int, key: str, found: str, expected: str) -> Breach:
    at = facts.accuracy.text_path
    return Breach(at=at, line=line, key=key, found=found, expected=expected)
