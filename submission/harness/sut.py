"""The system under test: LoadGen's queries in, a backend's answers out.

One thread per slot of the backend takes samples from a queue, runs them and answers LoadGen.
This module knows neither the model nor the data set.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import mlperf_loadgen
import numpy as np

from submission.harness.backend import Answer, Backend
from submission.harness.dispatch import GroupOrder, Waiting, groups
from submission.harness.failure import FailureKind, HarnessError
from submission.harness.ledger import Ledger
from submission.squad.samples import Samples

EMPTY = np.empty((0, 2), np.float32)


class Sut:
    """Answers every sample of every query exactly once.

    A context manager: the workers live inside the block. After the first failed inference the
    rest is answered empty, so that LoadGen can end, and ``raise_failure`` raises it.
    """

    def __init__(self, backend: Backend, samples: Samples, order: GroupOrder) -> None:
        self.ledger = Ledger()
        self.queue_depth_max = 0
        self.failure: HarnessError | None = None
        self.samples = samples
        self._backend = backend
        self._lengths = samples.lengths
        self._order = order
        self._waiting = Waiting(self.ledger, samples.lengths, order.bound_ns)
        # one counter per worker: no lock, and the sum is at most one answer per worker behind
        self._answered = [0] * backend.slots
        self._tokens_ahead = np.zeros(1)
        self._workers = [
            threading.Thread(target=self._work, args=(slot,), name=f"slot-{slot}", daemon=True)
            for slot in range(backend.slots)
        ]

    def __enter__(self) -> Self:
        for worker in self._workers:
            worker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for _ in self._workers:
            self._waiting.end()
        for worker in self._workers:
            worker.join()

    @property
    def issued(self) -> int:
        """Samples that LoadGen has issued."""
        return len(self.ledger.query_ids)

    @property
    def answered(self) -> int:
        """Samples that were answered."""
        return sum(self._answered)

    @property
    def postponed(self) -> int:
        """How often a late sample yielded to others."""
        return self._waiting.postponed

    @property
    def fraction_done(self) -> float:
        """Share of the newest query's tokens that is done, if its samples run in order."""
        tokens = self._tokens_ahead
        return float(tokens[min(self.answered, len(tokens) - 1)])

    def issue(self, query_ids: list[int], indices: list[int]) -> None:
        """Called by LoadGen: put the samples into the queue and return.

        A query of several samples (Offline has only one) may be run in any order.
        """
        first = self.ledger.add(query_ids, indices, time.perf_counter_ns())
        if len(indices) == 1:
            together: list[tuple[int, ...]] = [(0,)]
        else:
            together, self._tokens_ahead = groups(self._lengths[np.asarray(indices)], self._order)
        # counted before they are put: an idle worker takes one at once
        self.queue_depth_max = max(self.queue_depth_max, self._waiting.size() + len(together))
        for places in together:
            self._waiting.put(tuple(first + place for place in places))

    def flush(self) -> None:
        """Called by LoadGen after the last query; nothing is buffered, so this does nothing."""

    def load(self, indices: list[int]) -> None:
        """Called by LoadGen to prepare samples; an exception fails the run.

        It must not be raised here: the caller is native code.
        """
        try:
            self._backend.load(indices)
        except Exception as error:  # noqa: BLE001  # whatever the backend raises fails the run
            self._fail(f"{len(indices)} samples could not be prepared", error)

    def unload(self, indices: list[int]) -> None:
        """Called by LoadGen to release samples; exceptions are handled as in ``load``."""
        try:
            self._backend.unload(indices)
        except Exception as error:  # noqa: BLE001  # whatever the backend raises fails the run
            self._fail(f"{len(indices)} samples could not be released", error)

    def raise_failure(self) -> None:
        """Raise the HarnessError of the first inference that went wrong, if one did."""
        if self.failure is not None:
            raise self.failure

    def _work(self, slot: int) -> None:
        indices = self.ledger.indices
        while (rows := self._waiting.take()) is not None:
            start_ns = time.perf_counter_ns()
            self._answer(slot, rows, self._run(slot, [indices[row] for row in rows]))
            self._waiting.learn(rows, time.perf_counter_ns() - start_ns)

    def _run(self, slot: int, indices: Sequence[int]) -> list[Answer]:
        if self.failure is not None:
            return [EMPTY] * len(indices)
        try:
            answers = self._backend.infer(slot, indices)
            for index, answer in zip(indices, answers, strict=True):
                self._check(index, answer)
        except Exception as error:  # noqa: BLE001  # whatever the backend raises fails the run
            named = " and ".join(map(str, indices))
            self._fail(f"the inference of sample {named} failed", error)
            return [EMPTY] * len(indices)
        return answers

    def _check(self, index: int, answer: Answer) -> None:
        expected = (int(self._lengths[index]), 2)
        if answer.shape != expected or answer.dtype != np.float32:
            raise ValueError(
                f"sample {index}: answer {answer.dtype}{list(answer.shape)}, not {list(expected)}"
            )
        # LoadGen gets an address and a size: it would read the gaps of a strided array
        if not answer.flags.c_contiguous:
            raise ValueError(f"sample {index}: the answer is not contiguous in memory")
        # NaN and infinity show in a sum, which costs a third of testing each value
        if not math.isfinite(np.add.reduce(answer, axis=None)) and not np.isfinite(answer).all():
            raise ValueError(f"sample {index}: the answer holds NaN or infinite logits")

    def _fail(self, what: str, error: Exception) -> None:
        # only the first failure is reported; later ones often follow from it
        if self.failure is None:
            self.failure = HarnessError(
                what,
                kind=FailureKind.ANSWER,
                detail=f"{type(error).__name__}: {error}",
                hint="the model or its buckets are at fault; the run's logs are not to be used",
            )

    def _answer(self, slot: int, rows: Sequence[int], answers: list[Answer]) -> None:
        """Complete the samples; ``answers`` keeps the memory alive until LoadGen has copied it."""
        ledger = self.ledger
        responses = [
            mlperf_loadgen.QuerySampleResponse(
                ledger.query_ids[row], answer.__array_interface__["data"][0], answer.nbytes
            )
            for row, answer in zip(rows, answers, strict=True)
        ]
        now_ns = time.perf_counter_ns()
        mlperf_loadgen.QuerySamplesComplete(responses)
        for row in rows:
            ledger.done_ns[row] = now_ns
        self._answered[slot] += len(rows)
