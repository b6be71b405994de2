"""An empty backend, which leaves LoadGen, Python and the SUT to be measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from submission.harness.backend import Answer, Heartbeat
from submission.squad.samples import Samples
from submission.terms import RunSpec


class NullBackend:
    """Answers zeros of the right shape, allocated in advance; one slot, as for one core."""

    slots = 1

    def __init__(self, spec: RunSpec, samples: Samples, heartbeat: Heartbeat) -> None:
        del spec
        self._lengths = samples.lengths.tolist()
        self._answers = {length: np.zeros((length, 2), np.float32) for length in self._lengths}
        heartbeat(1, 1)

    def load(self, indices: Sequence[int]) -> None: ...

    def unload(self, indices: Sequence[int]) -> None: ...

    def warm_up(self, heartbeat: Heartbeat) -> None:
        heartbeat(1, 1)

    def infer(self, slot: int, indices: Sequence[int]) -> list[Answer]:
        del slot
        return [self._answers[self._lengths[index]] for index in indices]

    def facts(self) -> Mapping[str, Any]:
        return {"way": "null"}

    def close(self) -> None: ...
