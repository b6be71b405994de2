"""Waits until the machine has nothing else to do."""

from __future__ import annotations

import time
from collections.abc import Callable

from submission.host.busy import NOTABLE, Clocks, others_share, read_clocks

#: how long one look at the load takes, and how many in a row must be quiet
LOOK_S = 1.0
LOOKS = 3


def _clocks() -> Clocks | None:
    return read_clocks(own_s=time.process_time)


def others_now(
    *, clocks: Callable[[], Clocks | None] = _clocks, sleep: Callable[[float], None] = time.sleep
) -> float | None:
    """What others take of all processors for LOOK_S, from 0 to 1; None where it is hidden."""
    before = clocks()
    sleep(LOOK_S)
    after = clocks()
    return None if before is None or after is None else others_share(before, after)


def wait_for_quiet(
    limit_s: float,
    on_wait: Callable[[float, float], None],
    *,
    look: Callable[[], float | None] = others_now,
    now: Callable[[], float] = time.monotonic,
) -> float | None:
    """Wait until LOOKS looks in a row are quiet, for ``limit_s`` at most.

    ``on_wait`` receives seconds waited and the share that others took. Returns the last such
    share; None where it cannot be seen, which is no reason to wait.
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
