"""The ``accuracy.txt`` that this kit writes: exactly one score of SQuAD and one digest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from submission.errors import StageError
from submission.loadgen.accuracy_text import SQUAD_KEYS, parse_accuracy_text

_SQUAD_HASH = re.compile(r"[0-9a-f]{64}")
_NO_PATTERN = r"(?!)"
PERCENT_MAX = 100.0


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
    exact_match, f1 = (_percent(metrics[0], key) for key in SQUAD_KEYS)
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
