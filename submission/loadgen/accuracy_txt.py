"""The file ``accuracy.txt``: the metric line and the hash of the log before its truncation.

Source: MLPerf submission rules, section "Accuracy logs": ``accuracy.txt`` holds the metric and
``hash=`` with the SHA-256 of the full ``mlperf_log_accuracy.json``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from submission.errors import StageError

KEYS = ("exact_match", "f1")
PERCENT_MAX = 100.0
_HASH = re.compile(r"hash=([0-9a-f]{64})")


@dataclass(frozen=True, kw_only=True)
class AccuracyText:
    """What an ``accuracy.txt`` says; both numbers in percent."""

    exact_match: float
    f1: float
    log_sha256: str


def accuracy_text(*, exact_match: float, f1: float, log_sha256: str) -> str:
    """The two lines of ``accuracy.txt``; numbers with all their digits.

    Raises StageError for what ``read_accuracy_text`` would refuse.
    """
    metric = json.dumps({"exact_match": exact_match, "f1": f1})
    text = f"{metric}\nhash={log_sha256}\n"
    read_accuracy_text(text)
    return text


def read_accuracy_text(text: str) -> AccuracyText:
    """Read an ``accuracy.txt``; the keys of its JSON line may come in any order.

    Raises StageError unless exactly one line is a JSON object with both numbers, each 0 to 100,
    and exactly one is ``hash=`` with 64 hex digits. Other lines, such as a scorer's progress,
    are passed over.
    """
    metrics = [value for line in text.splitlines() if (value := _metric(line)) is not None]
    if len(metrics) != 1:
        raise _unusable(f"{len(metrics)} lines hold exact_match and f1 as JSON")
    hashes = [line.strip() for line in text.splitlines() if line.strip().startswith("hash=")]
    if len(hashes) != 1:
        raise _unusable(f"{len(hashes)} lines begin with hash=")
    found = _HASH.fullmatch(hashes[0])
    if found is None:
        raise _unusable(f"{hashes[0][:80]!r} is not hash= with 64 hex digits in lower case")
    exact_match, f1 = (_percent(metrics[0], key) for key in KEYS)
    return AccuracyText(exact_match=exact_match, f1=f1, log_sha256=found.group(1))


def _metric(line: str) -> dict[str, Any] | None:
    if not line.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and all(key in value for key in KEYS) else None


def _refuse(word: str) -> NoReturn:
    raise _unusable(f"{word} is not a number")


def _percent(metric: dict[str, Any], key: str) -> float:
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
