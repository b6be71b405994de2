"""The power analyzer's log (spl.txt) to facts: samples within a span of time."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from submission.logs.reading import Unreadable, read_whole

SPL_BYTES = 64 << 20
BLOCK_BYTES = 1 << 20
CLOCK_BYTES = len("00:00:00.000000")
TIME_FORMAT = "%m-%d-%Y %H:%M:%S.%f"
_SAMPLE = re.compile(
    rb"^[^,\n]*,(\d\d-\d\d)-(\d{4}) (\d\d:\d\d:\d\d\.\d{1,6}),[^,\n]*,([^,\n]*)(?:,[^\n]*)?$",
    re.MULTILINE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PowerSamples:
    """Samples strictly inside a span: their watts in the order of the file.

    ``fault`` names the first line that is no sample, and its number.
    """

    watts: tuple[float, ...]
    sample_count: int
    fault: str | None
    fault_line: int | None

    @property
    def mean_watts(self) -> float | None:
        """The mean of the samples; None without any."""
        return sum(self.watts) / len(self.watts) if self.watts else None


def parse_time(text: object) -> dt.datetime | None:
    """LoadGen's power_begin and power_end; None for anything else."""
    return _time_of(text) if isinstance(text, str) else None


@lru_cache(maxsize=256)
def _time_of(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.strptime(text, TIME_FORMAT)
    except ValueError:
        return None


def read_power_samples(
    path: Path, begin: dt.datetime, end: dt.datetime
) -> PowerSamples | Unreadable:
    """The samples of spl.txt that lie strictly between two times."""
    content = read_whole(path, SPL_BYTES)
    if isinstance(content, Unreadable):
        return content
    return parse_power_samples(content, begin, end)


def parse_power_samples(content: bytes, begin: dt.datetime, end: dt.datetime) -> PowerSamples:
    """The samples of an spl.txt that is in memory; looked at in blocks, to bound memory."""
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n")
    first, last = _sortable(begin), _sortable(end)
    watts: list[float] = []
    count = position = 0
    fault, line = None, None
    while position < len(content) and fault is None:
        stop = content.find(b"\n", position + BLOCK_BYTES) + 1 or len(content)
        found = _SAMPLE.findall(content, position, stop)
        lines = content.count(b"\n", position, stop) + (content[stop - 1 : stop] != b"\n")
        try:
            watts += [
                float(value)
                for day, year, clock, value in found
                if first < (year, day, clock.ljust(CLOCK_BYTES, b"0")) < last
            ]
        except ValueError:
            lines = -1
        if len(found) != lines:
            fault, line = _first_fault(content)
        count += len(found)
        position = stop
    if fault is None and not all(map(math.isfinite, watts)):
        fault = "a sample is not finite"
    return PowerSamples(watts=tuple(watts), sample_count=count, fault=fault, fault_line=line)


def _sortable(time: dt.datetime) -> tuple[bytes, bytes, bytes]:
    return (
        f"{time:%Y}".encode(),
        f"{time:%m-%d}".encode(),
        f"{time:%H:%M:%S}.{time.microsecond:06d}".encode(),
    )


def _first_fault(content: bytes) -> tuple[str, int | None]:
    for number, raw in enumerate(content.split(b"\n"), 1):
        match = _SAMPLE.fullmatch(raw)
        if match is None or not _is_number(match[4]):
            return "the line is no sample (Time,<time>,Watts,<number>,...)", number
    return "a line is no sample", None


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
