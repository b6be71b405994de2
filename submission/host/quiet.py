"""Waits until the machine has nothing else to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from submission.host.busy import NOTABLE, Clocks, others_share, read_clocks

#: how long one look at the load takes, and how many in a row must be quiet
LOOK_S = 1.0
LOOKS = 3


def others_now(processors: Collection[int]) -> float | None:
    """What others take of ``processors`` for LOOK_S, from 0 to 1; None where it is hidden."""
    before = _clocks(processors)
    time.sleep(LOOK_S)
    after = _clocks(processors)
    return None if before is None or after is None else others_share(before, after)


def _clocks(processors: Collection[int]) -> Clocks | None:
    return read_clocks(own_s=time.process_time, processors=processors)


def wait_for_quiet(
    limit_s: float,
    on_wait: Callable[[float, float], None],
    *,
    look: Callable[[], float | None],
    now: Callable[[], float] = time.monotonic,
) -> float | None:
    """Wait until LOOKS looks in a row are quiet, for ``limit_s`` at most.

    ``look`` gives the share that others take, and ``on_wait`` receives it with the seconds
    waited. Returns the last share; None where it cannot be seen, which is no reason to wait.
    """
    begun, quiet = now(), 0
    while True:
        share = look()
        if share is None:
            return None
        quiet = quiet + 1 if share < NOTABLE else 0
        waited = now() - begun
        if quiet >= LOOKS or waited >= limit_s:
            return share
        on_wait(waited, share)
