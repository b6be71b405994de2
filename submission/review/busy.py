"""How much of this machine others used while a run went on, and whether that explains its rate."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

STAT = Path("/proc/stat")
# of /proc/stat's first line: user, nice, system, irq, softirq, steal; not idle, not iowait
BUSY_COLUMNS = (0, 1, 2, 5, 6, 7)
# below this the load of others explains nothing
NOTABLE = 0.10


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """Seconds: of the wall, of all busy processors of the machine, of this process's children."""

    wall_s: float
    busy_s: float
    own_s: float
    processors: int


def read_clocks(stat: Path = STAT) -> Clocks | None:
    """The clocks of now; None where the kernel does not show them."""
    try:
        lines = stat.read_text(encoding="utf-8").splitlines()
        columns = [int(text) for text in lines[0].split()[1:]]
        busy = sum(columns[i] for i in BUSY_COLUMNS) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Clocks(
        wall_s=time.monotonic(),
        busy_s=busy,
        own_s=children.ru_utime + children.ru_stime,
        processors=sum(line.startswith("cpu") for line in lines) - 1,
    )


def others_share(before: Clocks, after: Clocks) -> float:
    """What others took of all processors between two readings, from 0 to 1."""
    capacity_s = (after.wall_s - before.wall_s) * after.processors
    if capacity_s <= 0:
        return 0.0
    foreign_s = (after.busy_s - before.busy_s) - (after.own_s - before.own_s)
    return min(1.0, max(0.0, foreign_s / capacity_s))


@dataclass(frozen=True, kw_only=True)
class Others:
    """The shares that others took, run by run."""

    shares: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The largest of a run; 0 where none is known or none is notable."""
        largest = max(self.shares, default=0.0)
        return largest if largest >= NOTABLE else 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note what others took while the block ran."""
        before = read_clocks()
        yield
        after = read_clocks()
        if before and after:
            self.shares.append(others_share(before, after))


def explained(ratio: float, allowed: float, *, share: float, spread: float) -> bool:
    """Whether load and spread can explain that a rate's ``ratio`` to the claimed one is outside.

    Others who took ``share`` of the processors made the run slower by that much at most; the mean
    may be off by twice its ``spread`` (a share of the rate) either way.
    """
    slack = 2 * spread
    if ratio < 1:
        return ratio * (1 + slack) >= (1 - allowed) * (1 - share)
    return ratio * (1 - slack) <= 1 + allowed
