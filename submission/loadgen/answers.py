"""The answers in LoadGen's ``mlperf_log_accuracy.json``.

The file is a JSON list of objects ``{"seq_id", "qsl_idx", "data", ...}``; ``data`` is the
response of sample ``qsl_idx`` as hex digits, in one of the layouts of ``answer_layout``.

A sample that was answered twice: the reference scorer takes the last answer. Answers with the
same bytes are taken here too, since the score cannot depend on which (LoadGen may pad a query
with samples it has already sent); answers that differ are an error, since it would.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from submission.errors import StageError
from submission.files import CHUNK_BYTES
from submission.loadgen.answer_layout import LAYOUTS, AnswerLayout
from submission.loadgen.truncate import is_truncated

ANSWER_MARK = b'"qsl_idx"'
FILL = -10000.0  # the reference scorer's logit of positions without an answer
_ENTRY = re.compile(rb'"qsl_idx"\s*:\s*(\d{1,9})\s*,\s*"data"\s*:\s*"([0-9A-Fa-f]*)')
PAIR_BYTES = 8  # float32 start, float32 end
NAMED_SAMPLES = 5  # of the missing ones, in the error
HINT = "score the accuracy log of one whole, valid accuracy run over these features"


def read_logits(
    path: Path,
    lengths: NDArray[np.int32],
    max_seq_length: int,
    layout: AnswerLayout | None = None,
) -> NDArray[np.float32]:
    """Logits float32 [n, max_seq_length, 2] of n = len(lengths) samples, ``FILL`` where none.

    ``layout`` is that of the log's answers, the reference implementation's by default.

    Each answer holds ``lengths[i]`` to ``max_seq_length`` tokens. Raises StageError for a log
    that cannot be read, was truncated or is not LoadGen's; for a sample that is missing, out of
    range or answered in two ways; for an answer of the wrong size or with a value that is not
    finite.
    """
    entries = _entries(path)
    answers = _Answers(path, lengths, max_seq_length, layout or AnswerLayout(), entries)
    for number, entry in enumerate(entries):
        answers.add(number, entry)
    return answers.finished()


def count_answers(path: Path) -> int:
    """How many answers the log holds; 0 if there is no such file.

    Their marks are counted in chunks: the file has some 66 MB and need not be parsed for this.
    """
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


def visible_answers(content: bytes) -> dict[int, str]:
    """Sample index to the hex digits of its answer, as far as a log shows them.

    A tree holds the first and last bytes of a large log: one or two answers, the second of them
    without its end. Running these samples alone shows in seconds whether the model answers as it
    did.
    """
    found = {int(index): data.decode().upper() for index, data in _ENTRY.findall(content)}
    return {index: data for index, data in found.items() if len(data) >= 2 * PAIR_BYTES}


def _entries(path: Path) -> list[Any]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error
    try:
        entries = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _not_json(path, content, error) from error
    if not isinstance(entries, list):
        raise _unusable(path, "not a JSON list")
    return entries


def _not_json(path: Path, content: bytes, error: Exception) -> StageError:
    if is_truncated(content):
        return StageError(
            "the accuracy log was truncated and cannot be scored",
            detail=f"{path}: {len(content)} bytes around the mark of a truncation",
            hint="score the full log, which is kept outside the tree",
        )
    return _unusable(path, f"not JSON ({error})")


class _Answers:
    """Collects the answers of a log, sample by sample, and refuses what cannot be one."""

    def __init__(
        self,
        path: Path,
        lengths: NDArray[np.int32],
        max_seq_length: int,
        layout: AnswerLayout,
        entries: list[Any],
    ) -> None:
        self._path = path
        self._layout = layout
        self._entries = entries
        self._lengths = lengths
        self._room = max_seq_length
        self._seen: dict[int, tuple[int, str]] = {}
        self._logits = np.full((len(lengths), max_seq_length, 2), FILL, dtype=np.float32)

    def add(self, number: int, entry: Any) -> None:
        """Take entry ``number`` of the log."""
        index, data = self._fields(number, entry)
        first, before = self._seen.setdefault(index, (number, data))
        if first != number:
            if before.lower() != data.lower():
                raise self._wrong(number, f"qsl_idx {index} has another answer in entry {first}")
            return
        values = self._values(number, index, data)
        self._logits[index, : len(values)] = values

    def finished(self) -> NDArray[np.float32]:
        """The logits, if every sample has its answer."""
        missing = sorted(set(range(len(self._lengths))) - self._seen.keys())
        if missing:
            some = ", ".join(str(index) for index in missing[:NAMED_SAMPLES])
            more = ", ..." if len(missing) > NAMED_SAMPLES else ""
            trouble = f"{len(missing)} of {len(self._lengths)} samples have no answer"
            raise _unusable(self._path, f"{trouble} (qsl_idx {some}{more})")
        return self._logits

    def _fields(self, number: int, entry: Any) -> tuple[int, str]:
        if not isinstance(entry, dict):
            raise self._wrong(number, "not an object")
        index, data = entry.get("qsl_idx"), entry.get("data")
        if type(index) is not int or not isinstance(data, str):
            raise self._wrong(number, "it has no whole qsl_idx or no data in hex digits")
        if not 0 <= index < len(self._lengths):
            raise self._wrong(number, f"qsl_idx {index} is not in 0..{len(self._lengths) - 1}")
        return index, data

    def _values(self, number: int, index: int, data: str) -> NDArray[np.float32]:
        try:
            content = bytes.fromhex(data)
        except ValueError as error:
            raise self._wrong(number, f"qsl_idx {index}: data is not hex digits") from error
        least = int(self._lengths[index])
        if not self._layout.fits(len(content), least, self._room):
            wanted = f"{least} to {self._room} tokens of {self._layout.token_bytes} bytes"
            trouble = f"entry {number}: qsl_idx {index}: {len(content)} bytes, not {wanted}"
            raise _unusable(self._path, trouble, hint=self._layouts_that_fit())
        values = self._layout.values(content)
        if not np.isfinite(values).all():
            raise self._wrong(number, f"qsl_idx {index}: a logit is not a finite number")
        return values

    def _layouts_that_fit(self) -> str:
        """Which layouts the sizes of all answers would fit, as a hint."""
        sizes = list(self._sizes())
        fitting = [
            name
            for name, layout in LAYOUTS.items()
            if all(layout.fits(size, least, self._room) for size, least in sizes)
        ]
        if not fitting:
            return f"no --layout has answers of these sizes; {HINT}"
        return f"the sizes of its answers fit --layout {', '.join(fitting)}"

    def _sizes(self) -> Iterator[tuple[int, int]]:
        """Bytes of each answer, and the tokens of its sample; without entries that are none."""
        for number, entry in enumerate(self._entries):
            with suppress(StageError):
                index, data = self._fields(number, entry)
                yield len(data) // 2, int(self._lengths[index])

    def _wrong(self, number: int, trouble: str) -> StageError:
        return _unusable(self._path, f"entry {number}: {trouble}")


def _unusable(path: Path, trouble: str, *, hint: str = HINT) -> StageError:
    return StageError(
        "the accuracy log cannot be scored",
        detail=f"{path}: {trouble}".replace("\n", " "),
        hint=hint,
    )
