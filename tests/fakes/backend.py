"""Backends without a model, and a harness process that runs with one of them.

``python tests/fakes/backend.py NAME RUN_SPEC.json`` is ``python -m submission.harness`` with
the fake NAME in place of OpenVINO.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from submission.harness.backend import Answer, Heartbeat
from submission.harness.entry import run_process
from submission.harness.run import OpenBackend
from submission.squad.samples import Samples
from submission.terms import RunSpec


class DoublingBackend:
    """Start logit: the sample's index; end logit: twice that. Both the same for each token."""

    slots = 2

    def __init__(self, spec: RunSpec, samples: Samples, heartbeat: Heartbeat) -> None:
        self.samples = samples
        self.loaded: set[int] = set()
        self.runs = 0
        heartbeat(1, 1)

    def load(self, indices: Sequence[int]) -> None:
        self.loaded |= set(indices)

    def unload(self, indices: Sequence[int]) -> None:
        self.loaded -= set(indices)

    def warm_up(self, heartbeat: Heartbeat) -> None:
        heartbeat(1, 1)

    def infer(self, slot: int, indices: Sequence[int]) -> list[Answer]:
        self.runs += 1
        return [self.answer(index) for index in indices]

    def answer(self, index: int) -> Answer:
        if index not in self.loaded:
            raise ValueError(f"sample {index} was not loaded")
        length = int(self.samples.lengths[index])
        return np.tile(np.array([index, 2 * index], np.float32), (length, 1))

    def facts(self) -> Mapping[str, Any]:
        return {"backend": type(self).__name__}

    def close(self) -> None:
        self.loaded.clear()


class NanBackend(DoublingBackend):
    """Answers sample 3 with NaN."""

    def answer(self, index: int) -> Answer:
        answer = super().answer(index)
        return answer if index != 3 else answer * np.float32("nan")


class WrongShapeBackend(DoublingBackend):
    """Answers with one token too many."""

    def answer(self, index: int) -> Answer:
        return np.concatenate([super().answer(index)] * 2)


class InfiniteBackend(DoublingBackend):
    """Answers sample 3 with infinite logits."""

    def answer(self, index: int) -> Answer:
        answer = super().answer(index)
        return answer if index != 3 else answer * np.float32("inf")


class StridedBackend(DoublingBackend):
    """Answers with a view of every second token of a longer array."""

    def answer(self, index: int) -> Answer:
        return np.repeat(super().answer(index), 2, axis=0)[::2]


class UnpreparedBackend(DoublingBackend):
    """Cannot prepare sample 3."""

    def load(self, indices: Sequence[int]) -> None:
        if 3 in indices:
            raise MemoryError("no room for sample 3")
        super().load(indices)


class RaisingBackend(DoublingBackend):
    """Fails from the tenth inference on."""

    def infer(self, slot: int, indices: Sequence[int]) -> list[Answer]:
        if self.runs >= 10:
            raise RuntimeError("out of magic smoke")
        return super().infer(slot, indices)


class HangingBackend(DoublingBackend):
    """Never comes back from the tenth inference on."""

    def infer(self, slot: int, indices: Sequence[int]) -> list[Answer]:
        if self.runs >= 10:
            threading.Event().wait()
        return super().infer(slot, indices)


class SlowBackend(DoublingBackend):
    """Takes 5 ms for each inference."""

    def infer(self, slot: int, indices: Sequence[int]) -> list[Answer]:
        time.sleep(0.005)
        return super().infer(slot, indices)


class BuggyBackend(DoublingBackend):
    """Breaks where no failure is expected."""

    def warm_up(self, heartbeat: Heartbeat) -> None:
        raise ZeroDivisionError("one over nothing")


FAKES: dict[str, OpenBackend] = {
    "doubling": DoublingBackend,
    "nan": NanBackend,
    "infinite": InfiniteBackend,
    "strided": StridedBackend,
    "unprepared": UnpreparedBackend,
    "wrong-shape": WrongShapeBackend,
    "raising": RaisingBackend,
    "hanging": HangingBackend,
    "slow": SlowBackend,
    "buggy": BuggyBackend,
}


def report(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    failure = run_process(sys.argv[2:], FAKES[sys.argv[1]], report)
    if failure is not None:
        sys.stderr.write(f"{failure}\n")
        sys.stderr.flush()
    os._exit(0 if failure is None else failure.exit_code)
