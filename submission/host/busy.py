"""How much of this machine others use while something of ours runs."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from submission.host.cgroups import Read, throttled_s

STAT = Path("/proc/stat")
THERMAL = "/sys/devices/system/cpu/cpu{}/thermal_throttle/core_throttle_count"
# of a line of /proc/stat: user, nice, system, irq, softirq, steal; not idle, not iowait
BUSY_COLUMNS = (0, 1, 2, 5, 6, 7)
STEAL_COLUMN = 7
#: below this share the load of others explains nothing
NOTABLE = 0.10


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """Seconds: of the wall, of the busy processors, of those stolen, of our own processes."""

    wall_s: float
    busy_s: float
    own_s: float
    processors: int
    stolen_s: float = 0.0


def children_s() -> float:
    """CPU time of this process's children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def read_clocks(
    stat: Path = STAT,
    *,
    own_s: Callable[[], float] = children_s,
    processors: Collection[int] | None = None,
) -> Clocks | None:
    """The clocks of now, of all ``processors`` or those given; None where the kernel hides them."""
    try:
        lines = [line.split() for line in stat.read_text(encoding="utf-8").splitlines()]
        found = {
            int(name.removeprefix("cpu")): [int(text) for text in rest]
            for name, *rest in lines
            if name.startswith("cpu") and name != "cpu"
        }
        columns = [v for n, v in found.items() if processors is None or n in processors]
        tick_s = 1 / os.sysconf("SC_CLK_TCK")
        busy = sum(each[i] for each in columns for i in BUSY_COLUMNS) * tick_s
        stolen = sum(each[STEAL_COLUMN] for each in columns) * tick_s
    except (OSError, ValueError, IndexError):
        return None
    if not columns:
        return None
    return Clocks(
        wall_s=time.monotonic(),
        busy_s=busy,
        own_s=own_s(),
        processors=len(columns),
        stolen_s=stolen,
    )


def others_share(before: Clocks, after: Clocks) -> float:
    """What others took of the processors between two readings, from 0 to 1; steal is theirs."""
    foreign_s = (after.busy_s - before.busy_s) - (after.own_s - before.own_s)
    return _share(foreign_s, before, after)


def stolen_share(before: Clocks, after: Clocks) -> float:
    """What the hypervisor gave to other guests between two readings, from 0 to 1."""
    return _share(after.stolen_s - before.stolen_s, before, after)


def _share(seconds: float, before: Clocks, after: Clocks) -> float:
    capacity_s = (after.wall_s - before.wall_s) * after.processors
    return min(1.0, max(0.0, seconds / capacity_s)) if capacity_s > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class Slowed:
    """How often the processors were slowed down so far: by heat, and by a quota of the cgroup.

    None where the kernel does not say.
    """

    heat_events: int | None
    quota_s: float | None


def read_slowed(read: Read, processors: Collection[int]) -> Slowed:
    """The counters of now."""
    counts = [read(THERMAL.format(number)) for number in processors]
    known = [int(text) for text in counts if text and text.strip().isdigit()]
    return Slowed(heat_events=sum(known) if known else None, quota_s=throttled_s(read))


@dataclass(frozen=True, kw_only=True)
class Disturbance:
    """What disturbed a run, for ``harness.json``.

    ``others_share`` and ``stolen_share`` are shares of the run's processors over its time.
    """

    others_share: float
    stolen_share: float
    heat_events: int | None
    quota_s: float | None

    @classmethod
    def between(cls, clocks: tuple[Clocks, Clocks], slowed: tuple[Slowed, Slowed]) -> Disturbance:
        """What happened between the two readings of each."""
        heat = _more(slowed[0].heat_events, slowed[1].heat_events)
        return cls(
            others_share=round(others_share(*clocks), 3),
            stolen_share=round(stolen_share(*clocks), 3),
            heat_events=None if heat is None else int(heat),
            quota_s=_more(slowed[0].quota_s, slowed[1].quota_s),
        )

    def words(self) -> tuple[str, ...]:
        """What was notable, for people; empty for a quiet machine."""
        found = []
        if self.others_share >= NOTABLE:
            found.append(f"other processes took {self.others_share:.0%} of the processors")
        if self.stolen_share >= NOTABLE:
            found.append(f"the hypervisor took {self.stolen_share:.0%} of them for other guests")
        if self.heat_events:
            found.append(f"heat slowed the processors {self.heat_events} times")
        if self.quota_s:
            found.append(f"the cgroup's quota held the run up for {self.quota_s:.1f} s")
        return tuple(found)


def _more(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else round(max(after - before, 0), 3)
