"""One sample after the other through one infer request of OpenVINO."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from submission.harness.backend import Answer

Prepared = tuple[NDArray[Any], ...]
"""The three features of one sample, without padding: [length of the sample] each."""


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One infer request of one slot at one shape, with views of its memory.

    ``inputs`` are the three features [batch, length], ``outputs`` the logits: one
    [batch, length, 2] or two [batch, length]. ``own_thread``: OpenVINO works in the calling one.
    """

    request: Any
    inputs: tuple[NDArray[Any], ...]
    outputs: tuple[NDArray[np.float32], ...]
    own_thread: bool = True

    def run(self, samples: Sequence[Prepared]) -> list[Answer]:
        """Start and end logits float32 [length, 2] of each sample; at most ``batch`` of them.

        Rows of the batch without a sample keep what they held: their answers are not looked at.
        """
        if self.own_thread:
            self._fill(samples)
            # shared: not copied, since the views are read below
            self.request.infer(share_outputs=True)
        else:
            self.start(samples)
            self.request.wait()
        return [self._answer(row, len(sample[0])) for row, sample in enumerate(samples)]

    def start(self, samples: Sequence[Prepared]) -> None:
        """Fill the inputs and start beside others, until ``request.wait()``."""
        self._fill(samples)
        self.request.start_async()

    def _fill(self, samples: Sequence[Prepared]) -> None:
        for row, sample in enumerate(samples):
            for view, values in zip(self.inputs, sample, strict=True):
                view[row, : len(values)] = values
                view[row, len(values) :] = 0

    def _answer(self, row: int, length: int) -> Answer:
        if len(self.outputs) == 1:
            return np.array(self.outputs[0][row, :length], dtype=np.float32)
        return np.stack([view[row, :length] for view in self.outputs], axis=-1)
