"""The protocol of a backend, which runs the model for the SUT."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Answer = NDArray[np.float32]
"""Start and end logit of each real token: float32 [length of the sample, 2], C order."""

Heartbeat = Callable[[int, int], None]
"""Called after each step of a preparation with the steps done and the steps in all."""


class Backend(Protocol):
    """Runs samples. Each slot is used by one thread, from first to last; slots run side by side."""

    @property
    def slots(self) -> int:
        """How many ``infer`` calls may be under way at once."""

    def load(self, indices: Sequence[int]) -> None:
        """Prepare the inputs of these samples, before the clock runs."""

    def unload(self, indices: Sequence[int]) -> None:
        """Release the inputs of these samples."""

    def warm_up(self, heartbeat: Heartbeat) -> None:
        """Run everything once that a sample may use, so that no first inference is measured."""

    def infer(self, slot: int, indices: Sequence[int]) -> list[Answer]:
        """Run samples together and return their answers, in arrays that the caller owns.

        Blocks until they are done. Any exception is the run's failure.
        """

    def facts(self) -> Mapping[str, Any]:
        """What was really used (buckets, streams, versions, notes), for ``harness.json``."""

    def close(self) -> None:
        """Free all resources; no inference is running."""
