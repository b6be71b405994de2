"""Parses the power analyzer's log (``spl.txt``): samples within a span of time."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, compress
from operator import mul
from typing import IO

from submission.loadgen.reading import Place, Unreadable, opened, reason

BLOCK_BYTES = 1 << 20
CLOCK_BYTES = len("00:00:00.000000")
TIME_FORMAT = "%m-%d-%Y %H:%M:%S.%f"
_USUAL_TIME = re.compile(r"(\d\d)-(\d\d)-(\d{4}) (\d\d):(\d\d):(\d\d)\.(\d{3})(\d{3})?", re.ASCII)
_SAMPLE = re.compile(
    rb"^[^,\n]*,(\d\d-\d\d)-(\d{4}) (\d\d:\d\d:\d\d\.\d{1,6}),[^,\n]*,([^,\n]*)(?:,[^\n]*)?$",
    re.MULTILINE,
)
_ONE_CHANNEL = re.compile(
    rb",Watts,([^,\n]*),Volts,([^,\n]*),Amps,([^,\n]*),PF,([^,\n]*),Mark,[^,\n]*$", re.MULTILINE
)
_MARK = re.compile(rb",Mark,([^,\n]*)")
MARKED = 1000
"""Bytes of the last lines in which a mark is looked for."""

PIECE_BYTES = 64 << 10
COMMAS = 11
LABELS = {2: b"Watts,", 4: b"Volts,", 6: b"Amps,", 8: b"PF,", 10: b"Mark,"}
"""How an analyzer with one channel writes a sample: the commas, and what some cells hold."""

DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
TIME_SHAPE = b"00-00-0000 00:00:00.000,"

DATE_BYTES = len("00-00-0000")

_Sortable = tuple[bytes, bytes, bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Columns:
    """The samples of an analyzer with one channel.

    ``times`` as they are written, ``electric`` volts by amperes by power factor, ``most_*`` the
    largest; ``date`` is empty where they are not of one day.
    """

    date: bytes
    times: list[bytes]
    watts: list[float]
    electric: list[float]
    most_volts: float
    most_amperes: float


@dataclass(frozen=True, kw_only=True, slots=True)
class PowerSamples:
    """Samples strictly inside a span, added up; ``sample_count`` is how many the file holds.

    ``least_watts`` is infinite where none is inside. ``fault`` names the first line that is no
    sample, and its number; what comes after it is not looked at. ``marks`` are those of the first
    and the last line. ``one_channel_watts`` adds up the samples of an analyzer with one channel,
    and ``electric_watts`` is what volts, amperes and power factor of the same samples give;
    ``most_volts`` and ``most_amperes`` are the largest of them, 0 without any. ``all_watts`` adds
    up the samples of the whole file, ``most_watts`` is their largest; ``first`` and ``last`` are
    the times of the first and the last.
    """

    total_watts: float
    least_watts: float
    inside_count: int
    sample_count: int
    fault: str | None
    fault_line: int | None
    marks: tuple[str, ...] = ()
    one_channel_watts: float = 0.0
    electric_watts: float = 0.0
    most_volts: float = 0.0
    most_amperes: float = 0.0
    all_watts: float = 0.0
    most_watts: float = 0.0
    first: dt.datetime | None = None
    last: dt.datetime | None = None

    @property
    def mean_watts(self) -> float | None:
        """The mean of the samples; None without any."""
        return self.total_watts / self.inside_count if self.inside_count else None


def parse_time(text: object) -> dt.datetime | None:
    """LoadGen's power_begin and power_end; None for anything else."""
    return _time_of(text) if isinstance(text, str) else None


@lru_cache(maxsize=256)
def _time_of(text: str) -> dt.datetime | None:
    usual = _USUAL_TIME.fullmatch(text)
    try:
        if usual is None:
            return dt.datetime.strptime(text, TIME_FORMAT)
        # as LoadGen writes it; strptime takes ten times as long
        month, day, year, hour, minute, second, millisecond = map(int, usual.groups()[:-1])
        microsecond = millisecond * 1000 + int(usual[8] or 0)
        return dt.datetime(year, month, day, hour, minute, second, microsecond)
    except ValueError:
        return None


def read_power_samples(
    path: Place, begin: dt.datetime, end: dt.datetime, *, lenient: bool = False
) -> PowerSamples | Unreadable:
    """The samples of spl.txt that lie strictly between two times; memory does not grow with it.

    ``lenient`` passes over lines that do not begin with Time, and samples that are not above 0.
    """
    try:
        with opened(path) as stream:
            return _samples(stream, begin, end, lenient=lenient)
    except OSError as error:
        return Unreadable(why=reason(error))


def parse_power_samples(content: bytes, begin: dt.datetime, end: dt.datetime) -> PowerSamples:
    """The samples of an spl.txt that is in memory."""
    return _samples(io.BytesIO(content), begin, end)


def _samples(
    stream: IO[bytes], begin: dt.datetime, end: dt.datetime, *, lenient: bool = False
) -> PowerSamples:
    """Reads block by block up to the first line that is no sample."""
    total = _Total(span=(_sortable(begin), _sortable(end)), lenient=lenient)
    rest = b""
    while (chunk := stream.read(BLOCK_BYTES)) and total.fault is None:
        whole, newline, rest = (rest + chunk).rpartition(b"\n")
        total.take(whole + newline)
        if len(rest) > BLOCK_BYTES:
            break
    if total.fault is None and rest:
        total.take(rest)
    if total.fault is None and not math.isfinite(total.watts):
        total.fault = "a sample is not finite"
    return PowerSamples(
        total_watts=total.watts,
        least_watts=total.least,
        inside_count=total.inside,
        sample_count=total.samples,
        fault=total.fault,
        fault_line=total.fault_line,
        marks=tuple(dict.fromkeys(mark for mark in total.marks if mark is not None)),
        one_channel_watts=total.one_channel,
        electric_watts=total.electric,
        most_volts=total.most_volts,
        most_amperes=total.most_amperes,
        all_watts=total.all_watts,
        most_watts=total.most_watts,
        first=parse_time(total.first.decode()),
        last=parse_time(total.last.decode()),
    )


@dataclass(kw_only=True, slots=True)
class _Total:
    """What the blocks so far add up to."""

    span: tuple[_Sortable, _Sortable]
    lenient: bool = False
    watts: float = 0.0
    least: float = math.inf
    inside: int = 0
    samples: int = 0
    lines: int = 0
    fault: str | None = None
    fault_line: int | None = None
    marks: list[str | None] = field(default_factory=lambda: [None, None])
    one_channel: float = 0.0
    electric: float = 0.0
    most_volts: float = 0.0
    most_amperes: float = 0.0
    all_watts: float = 0.0
    most_watts: float = 0.0
    first: bytes = b""
    last: bytes = b""

    def take(self, block: bytes) -> None:
        """Add the samples of a block of whole lines."""
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n")
        if self.lenient:
            block = b"".join(x for x in block.splitlines(keepends=True) if x.startswith(b"Time"))
        columns = _columns(block)
        if columns is None:
            lines = block.count(b"\n") + (block[-1:] not in (b"\n", b""))
            watts, count = self._one_by_one(block, lines)
        else:
            watts = [value for one in columns for value in _inside(one, self.span)]
            lines = count = sum(len(one.times) for one in columns)
        watts = [value for value in watts if value > 0] if self.lenient else watts
        self.watts = _added(self.watts, watts)
        self.least = min(self.least, *watts) if watts else self.least
        self.inside += len(watts)
        self.samples += count
        self.lines += lines
        if count:
            self.marks = [self.marks[0] or _mark_of(block), _mark_of(block.rstrip(b"\n")[-MARKED:])]
        if columns is None and count:
            self._take_electric(block)
        for one in columns or ():
            self.one_channel = _added(self.one_channel, one.watts)
            self.electric = _added(self.electric, one.electric)
            self.most_volts = max(self.most_volts, one.most_volts)
            self.most_amperes = max(self.most_amperes, one.most_amperes)
            self._take_all(one.watts, one.times[0], one.times[-1])

    def _take_all(self, watts: list[float], first: bytes, last: bytes) -> None:
        """Add samples inside and outside of the span."""
        self.all_watts = _added(self.all_watts, watts)
        self.most_watts = max(self.most_watts, *watts)
        self.first, self.last = self.first or first, last

    def _one_by_one(self, block: bytes, lines: int) -> tuple[list[float], int]:
        """Samples of any analyzer: those inside the span, and how many there are in all."""
        first, last = self.span
        found = _SAMPLE.findall(block)
        try:
            everything = [float(value) for *_, value in found]
        except ValueError:
            everything, found = [], []
        watts = [
            value
            for (day, year, clock, _), value in zip(found, everything, strict=True)
            if first < (year, day, clock.ljust(CLOCK_BYTES, b"0")) < last
        ]
        if found:
            begin, end = (b"%b-%b %b" % one[:3] for one in (found[0], found[-1]))
            self._take_all(everything, begin, end)
        if len(found) != lines:
            self.fault, number = _first_fault(block)
            self.fault_line = self.lines + number
        return watts, len(found)

    def _take_electric(self, block: bytes) -> None:
        try:
            for watts, volts, amperes, factor in _ONE_CHANNEL.findall(block):
                self.one_channel += float(watts)
                self.electric += float(volts) * float(amperes) * float(factor)
                self.most_volts = max(self.most_volts, float(volts))
                self.most_amperes = max(self.most_amperes, float(amperes))
        except ValueError:
            self.electric = math.nan


def _added(start: float, values: list[float]) -> float:
    """The values added one after the other, as a reader adds that goes line by line."""
    return deque(accumulate(values, initial=start), maxlen=1).pop()


def _columns(block: bytes) -> list[_Columns] | None:
    """The columns of a block in which each line has the cells of one channel; else None.

    Piece by piece, since cells take ten times the memory of their text.
    """
    found: list[_Columns] = []
    begin = 0
    while begin < len(block):
        end = block.rfind(b"\n", begin, begin + PIECE_BYTES) + 1 or len(block)
        columns = _columns_of(block[begin:end])
        if columns is None:
            return None
        found.append(columns)
        begin = end
    return found


def _columns_of(text: bytes) -> _Columns | None:
    if text.count(b",", 0, text.find(b"\n")) != COMMAS:
        return None
    cells = text.removesuffix(b"\n").split(b",")
    lines = len(cells) // COMMAS
    # the end of a line is in one cell with the beginning of the next, mostly the same ones
    ends = cells[COMMAS:-1:COMMAS]
    is_even = len(cells) == lines * COMMAS + 1 and text.count(b"\n", 0, -1) == len(ends)
    if not is_even or any(end.count(b"\n") != 1 for end in set(ends)):
        return None
    if any(_listed(cells[at::COMMAS]) != label * lines for at, label in LABELS.items()):
        return None
    times = cells[1::COMMAS]
    listed = _listed(times)
    if listed.translate(DIGITS) != TIME_SHAPE * lines:
        return None
    date = times[0][:DATE_BYTES]
    try:
        watts, volts, amperes, factor = (
            list(map(float, cells[place + 1 :: COMMAS])) for place in (2, 4, 6, 8)
        )
    except ValueError:
        return None
    return _Columns(
        date=date if listed.count(date) == lines else b"",
        times=times,
        watts=watts,
        electric=list(map(mul, map(mul, volts, amperes), factor)),
        most_volts=max(0.0, *volts),
        most_amperes=max(0.0, *amperes),
    )


def _listed(cells: list[bytes]) -> bytes:
    """Cells as one text, which is compared much faster than each of them."""
    return b",".join(cells) + b","


def _inside(columns: _Columns, span: tuple[_Sortable, _Sortable]) -> list[float]:
    """The watts of the samples strictly inside a span."""
    times = columns.times
    low, high = (b"%b-%b %b" % (day, year, clock) for year, day, clock in span)
    if columns.date and low.startswith(columns.date) and high.startswith(columns.date):
        # Of one day, texts compare as times do; the analyzer's have milliseconds, and one that is
        # the end of the span is not before it.
        high = high.removesuffix(b"000")
        inside = [low < time < high for time in times]
    else:
        inside = [span[0] < _parts(time) < span[1] for time in times]
    return list(compress(columns.watts, inside))


def _parts(time: bytes) -> _Sortable:
    return time[6:10], time[:5], time[11:].ljust(CLOCK_BYTES, b"0")


def _mark_of(lines: bytes) -> str | None:
    """The mark in the first of some lines that has one."""
    found = _MARK.search(lines)
    return found[1][:MARKED].decode("utf-8", "replace") if found else None


def _sortable(time: dt.datetime) -> _Sortable:
    return (
        f"{time:%Y}".encode(),
        f"{time:%m-%d}".encode(),
        f"{time:%H:%M:%S}.{time.microsecond:06d}".encode(),
    )


def _first_fault(block: bytes) -> tuple[str, int]:
    for number, raw in enumerate(io.BytesIO(block), 1):
        match = _SAMPLE.fullmatch(raw.removesuffix(b"\n"))
        if match is None or not _is_number(match[4]):
            return "the line is no sample (Time,<time>,Watts,<number>,...)", number
    return "a line is no sample", 1


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
