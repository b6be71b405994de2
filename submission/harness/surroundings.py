"""What others take of the run's processors while LoadGen runs."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from submission.harness.facts import read_text
from submission.host.busy import Clocks, Disturbance, Slowed, read_clocks, read_slowed


class Surroundings:
    """Clocks and counters at LoadGen's start; reading them at its end costs the run nothing."""

    def __init__(self) -> None:
        self._processors = os.sched_getaffinity(0)
        self._clocks, self._slowed = self._read(0.0), self._counters()

    def disturbance(self, own_cpu_s: float) -> dict[str, Any] | None:
        """The Disturbance since then as JSON; None where the kernel does not show it.

        ``own_cpu_s``: what the run itself used in that time, workers included.
        """
        before, after = self._clocks, self._read(own_cpu_s)
        if before is None or after is None:
            return None
        return asdict(Disturbance.between((before, after), (self._slowed, self._counters())))

    def _read(self, own_s: float) -> Clocks | None:
        return read_clocks(own_s=lambda: own_s, processors=self._processors)

    def _counters(self) -> Slowed:
        return read_slowed(read_text, self._processors)
