"""LoadGen's own account of a run, read back from the files that it wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.files import CHUNK_BYTES
from submission.harness.failure import HarnessError, Kind

MARK = ":::MLLOG"
DETAIL_FILE = "mlperf_log_detail.txt"
ACCURACY_FILE = "mlperf_log_accuracy.json"
ANSWER_MARK = b'"qsl_idx"'


@dataclass(frozen=True, kw_only=True)
class DetailLog:
    """``values``: the last value of each key; ``errors``: the lines that are marked so."""

    values: Mapping[str, Any]
    errors: tuple[str, ...]

    def starting(self, *prefixes: str) -> dict[str, Any]:
        """The entries whose keys start with one of ``prefixes``."""
        return {key: value for key, value in self.values.items() if key.startswith(prefixes)}


def read_detail_log(folder: Path) -> DetailLog:
    """Read ``mlperf_log_detail.txt``; HarnessError "loadgen" if it is missing or damaged."""
    path = folder / DETAIL_FILE
    values: dict[str, Any] = {}
    errors: list[str] = []
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.startswith(MARK):
                continue
            entry = json.loads(line.removeprefix(MARK))
            values[entry["key"]] = entry["value"]
            if entry["metadata"]["is_error"]:
                errors.append(f"{entry['key']}: {entry['value']}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HarnessError(
            "LoadGen's detail log cannot be read",
            kind=Kind.LOADGEN,
            detail=f"{path}: {type(error).__name__}: {error}",
            hint="see whether the disk of the out folder is full, then run again",
        ) from error
    return DetailLog(values=values, errors=tuple(errors))


def count_logged_answers(folder: Path) -> int:
    """Answers in ``mlperf_log_accuracy.json``; 0 if there is no such file.

    The marks are counted in chunks: the file has some 66 MB and need not be parsed for this.
    """
    path = folder / ACCURACY_FILE
    if not path.is_file():
        return 0
    count, tail = 0, b""
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            text = tail + chunk
            count += text.count(ANSWER_MARK)
            # shorter than the mark, so that nothing is counted twice
            tail = text[-(len(ANSWER_MARK) - 1) :]
    return count
