"""What Ray itself takes of a node's processors, measured while nothing else of the node runs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from submission.files import read_json
from submission.fleet.ray.node import FILE_VARIABLE, ray_processes

#: how long Ray is watched before a measurement
SAMPLE_S = 3.0
_S_PER_MIN = 60
_MS_PER_S = 1000
#: CPUCLOCK_SCHED of the kernel: the time that all threads of a process ran
_SCHED = 2


@dataclass(frozen=True, kw_only=True)
class FleetIdle:
    """What an engine took of the processors of a system before a run, and over how long."""

    engine: str
    idle_cpu_ms_per_min: float
    sampled_s: float


def idle_here(environment: Mapping[str, str], *, sample_s: float = SAMPLE_S) -> FleetIdle | None:
    """Watch the Ray of the node whose cell this is; None where this is no cell of a node of Ray.

    Waits ``sample_s`` seconds. What Ray's processes take is read from their clocks before and
    after, to a microsecond; a process that ends meanwhile is left out.
    """
    file = environment.get(FILE_VARIABLE)
    if not file:
        return None
    try:
        engine = f"ray {read_json(Path(file))['ray']}"
    except (OSError, ValueError, LookupError, TypeError):
        return None
    before, begun = cpu_s(ray_processes(Path(file))), time.monotonic()
    time.sleep(sample_s)
    after, seconds = cpu_s(before), time.monotonic() - begun
    if not after:
        return None
    used_s = sum(after[process] - before[process] for process in after)
    return FleetIdle(
        engine=engine,
        idle_cpu_ms_per_min=round(used_s * _MS_PER_S * _S_PER_MIN / seconds, 1),
        sampled_s=round(seconds, 2),
    )


def cpu_s(processes: Iterable[int]) -> dict[int, float]:
    """The CPU time of each process that is there, in seconds, as clock_getcpuclockid gives it."""
    found = {}
    for process in processes:
        with suppress(OSError):
            found[process] = time.clock_gettime((~process << 3) | _SCHED)
    return found
