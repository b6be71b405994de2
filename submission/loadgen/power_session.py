"""What the power tools write of a session beside the samples: PTDaemon's log, client and server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from submission.loadgen.reading import Place, Unreadable, read_whole

PHASE_STAMPS = 4
"""A phase begins, lets the run begin, has seen it end, and ends."""

MOST_SECONDS = 1 << 40
QUARTER_S = 900
"""Times of different zones differ by a multiple of it."""

_STATED = re.compile(
    rb": Avg watts ([\d.]{1,30}), min watts [-\d.]{1,30}, max watts ([\d.]{1,30}),"
    rb" samples (\d{1,9}), errors (\d{1,9}),"
)
_RANGE = re.compile(r"SR,([VA]),(\d{1,9}(?:\.\d{1,30})?)", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedPower:
    """PTDaemon's own figures of one measurement; ``line`` counts from 1."""

    mean_watts: float
    most_watts: float
    sample_count: int
    error_count: int
    line: int


def read_stated_power(path: Place, mark: str) -> StatedPower | None:
    """What ptd_logs.txt says of the measurement with a mark; None where it says nothing."""
    content = read_whole(path)
    return None if isinstance(content, Unreadable) else parse_stated_power(content, mark)


def parse_stated_power(content: bytes, mark: str) -> StatedPower | None:
    """The first figures behind the last start of a measurement with a mark, before another one."""
    start = content.rfind(b"Go with mark '%b'" % mark.encode())
    if start < 0:
        return None
    end = content.find(b"Go with mark '", start + 1)
    found = _STATED.search(content, start, end if end >= 0 else len(content))
    if found is None:
        return None
    try:
        mean, most = float(found[1]), float(found[2])
    except ValueError:
        return None
    return StatedPower(
        mean_watts=mean,
        most_watts=most,
        sample_count=int(found[3]),
        error_count=int(found[4]),
        line=content.count(b"\n", 0, found.start()) + 1,
    )


def phase_stamps(document: Mapping[str, Any], phase: str) -> tuple[float, ...] | None:
    """The four times of a phase in client.json or server.json, in seconds; None without them."""
    phases = document.get("phases")
    stamps = phases.get(phase) if isinstance(phases, dict) else None
    if not isinstance(stamps, list) or len(stamps) != PHASE_STAMPS:
        return None
    times = [stamp[0] for stamp in stamps if isinstance(stamp, list) and stamp]
    if len(times) != PHASE_STAMPS or not all(_is_time(time) for time in times):
        return None
    return tuple(float(time) for time in times)


def set_ranges(document: Mapping[str, Any]) -> Mapping[str, float]:
    """The ranges (V, A) that the server set for the measurement, by its commands to PTDaemon."""
    found: dict[str, float] = {}
    messages = document.get("ptd_messages")
    for message in messages if isinstance(messages, list) else ():
        command = message.get("cmd") if isinstance(message, dict) else None
        if not isinstance(command, str):
            continue
        if command.startswith("Go,"):
            if command.endswith("_testing"):
                return found
            found = {}  # of a measurement before
        elif (one := _RANGE.fullmatch(command)) is not None:
            found[one[1]] = float(one[2])
    return {}


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < MOST_SECONDS
