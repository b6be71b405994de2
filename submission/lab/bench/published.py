"""The published implementation, written from its description, as the baseline of comparisons.

What is described: batch 1, every sample padded to 384 tokens, one stream and one infer request
for each core, an asynchronous queue whose Python callback does numpy work for each sample and
answers LoadGen with it, and a bf16 hint (f32 for MobileBERT).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import mlperf_loadgen
import numpy as np
from numpy.typing import NDArray

from submission.harness.backend import Answer, Heartbeat
from submission.harness.dispatch import GroupOrder
from submission.harness.openvino_backend import ir_file
from submission.harness.sut import Sut
from submission.ir.model import QaModel, logits_of, read_model
from submission.lab.bench.buckets import Compiled, compile_buckets
from submission.squad.samples import Samples
from submission.terms import RunSpec


class PublishedBackend:
    """One compiled model at 384 tokens and a queue of requests over it."""

    slots = 1

    def __init__(self, spec: RunSpec, samples: Samples, heartbeat: Heartbeat) -> None:
        self.qa: QaModel = read_model(ir_file(spec))
        found: Compiled = compile_buckets(self.qa, spec.plan)
        self.length = spec.plan.buckets[-1]
        self.model = found.models[self.length]
        self.queue = self.model.queue(found.requests)
        self.feeds: dict[int, dict[str, NDArray[np.int64]]] = {}
        self._samples = samples
        self._facts = {"way": "published", "buckets": [self.length], "requests": found.requests}
        heartbeat(1, 1)

    def load(self, indices: Sequence[int]) -> None:
        """Pad these samples to the one length."""
        for index in indices:
            self.feeds[index] = self.qa.feed(self._samples.padded([index], self.length))

    def unload(self, indices: Sequence[int]) -> None:
        for index in indices:
            self.feeds.pop(index, None)

    def warm_up(self, heartbeat: Heartbeat) -> None:
        """Run one sample at each request."""
        self.load([0])
        for _ in range(len(self.queue)):
            self.queue.start_async(self.feeds[0])
        self.queue.wait_all()
        heartbeat(1, 1)

    def infer(self, slot: int, indices: Sequence[int]) -> list[Answer]:
        """One after the other, beside the queue that ``PublishedSut`` feeds; padding left off."""
        del slot
        answers = []
        for index in indices:
            logits = self.model.answer(self._samples.padded([index], self.length))[0]
            answers.append(logits[: self._samples.lengths[index]].copy())
        return answers

    def facts(self) -> Mapping[str, Any]:
        return self._facts

    def close(self) -> None:
        """Nothing runs any more."""
        self.feeds.clear()


class PublishedSut(Sut):
    """Starts each sample in the order in which LoadGen asks; the queue's callback answers."""

    def __init__(self, backend: PublishedBackend, samples: Samples, order: GroupOrder) -> None:
        super().__init__(backend, samples, order)
        self._published = backend
        self._done = 0
        backend.queue.set_callback(self._completed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._published.queue.wait_all()

    @property
    def answered(self) -> int:
        """Samples that LoadGen has got back."""
        return self._done

    def issue(self, query_ids: list[int], indices: list[int]) -> None:
        """Start them all; waits whenever every request is busy."""
        first = self.ledger.add(query_ids, indices, time.perf_counter_ns())
        for row, index in enumerate(indices, start=first):
            self._published.queue.start_async(self._published.feeds[index], row)

    def flush(self) -> None:
        """Wait for what runs."""
        self._published.queue.wait_all()

    def _completed(self, request: Any, row: int) -> None:
        outputs = [request.get_output_tensor(place).data for place in self._published.qa.outputs]
        answer = logits_of(outputs)[0].tobytes()
        kept = np.frombuffer(answer, np.uint8)
        response = mlperf_loadgen.QuerySampleResponse(
            self.ledger.query_ids[row], kept.__array_interface__["data"][0], kept.nbytes
        )
        self.ledger.done_ns[row] = time.perf_counter_ns()
        mlperf_loadgen.QuerySamplesComplete([response])
        self._done += 1
