"""From what is known of model, samples and cores to a plan for the SUT, with its reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from submission.runs.shapes import choose_lengths, padded
from submission.terms import Scenario, SutPlan

# each shape is compiled by itself: it keeps the weights in a layout of its own, and code and
# working memory for each node. Measured with batch 2: 55 MB for the default model (23 MB of
# weights, 0.4 MB of topology), 200 MB for MobileBERT (14 MB, 2.4 MB)
BYTES_PER_WEIGHT_BYTE = 2.0
BYTES_PER_GRAPH_BYTE = 75.0
# Python, OpenVINO, LoadGen, features
BASE_BYTES = 250_000_000
MEMORY_BYTES = 1_900_000_000
# more shapes save less than a percent of the work and cost compile time
SHAPES = 20
# two samples of like length share the reading of the weights: 8 % less work for base (65 MB of
# weights), 4 % more for a model of 18 MB; tune tells
OFFLINE_BATCH = 2


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a plan is made for: ``lengths`` int32[samples], the model's limits and its files."""

    lengths: NDArray[np.int32]
    longest: int
    trailing_pad: int
    weight_bytes: int
    graph_bytes: int = 0

    @property
    def shape_bytes(self) -> int:
        """About what one compiled shape takes."""
        weights = BYTES_PER_WEIGHT_BYTE * self.weight_bytes
        return round(weights + BYTES_PER_GRAPH_BYTE * self.graph_bytes)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is asked of a plan; 0 streams or requests means one for each core.

    ``memory_bytes`` bounds the number of shapes by what they are expected to take;
    ``limit_bytes`` is what a process may have at all (0: no limit is known).
    """

    shapes: int = SHAPES
    batch: int | None = None
    streams: int = 0
    requests: int = 0
    threads: int = 0
    inference_precision: str = "f32"
    sort_by_length: bool = True
    late_last: bool = True
    per_node: bool = True
    memory_bytes: int = MEMORY_BYTES
    limit_bytes: int = 0

    @property
    def budget_bytes(self) -> int:
        """What the shapes of a plan may take together."""
        return min(self.memory_bytes, self.limit_bytes or self.memory_bytes)


def make_plan(subject: Subject, scenario: Scenario, wish: Wish) -> SutPlan:
    """Lengths that pad the least within the memory; batches where all samples are there at once."""
    offline = scenario is Scenario.OFFLINE
    count, why = bounded_shapes(wish.shapes, subject.shape_bytes, wish.budget_bytes)
    buckets = choose_lengths(
        subject.lengths, longest=subject.longest, count=count, spare=subject.trailing_pad
    )
    batch = (OFFLINE_BATCH if wish.batch is None else wish.batch) if offline else 1
    return SutPlan(
        buckets=buckets,
        streams=wish.streams,
        requests=wish.requests,
        threads=wish.threads,
        inference_precision=wish.inference_precision,
        sort_by_length=wish.sort_by_length,
        batch=batch,
        late_last=wish.late_last and not offline,
        memory_bytes=wish.limit_bytes,
        per_node=wish.per_node,
        reason=f"{_tokens(subject, buckets)}{why}; {_batch_words(batch, offline=offline)}",
    )


def bounded_shapes(wanted: int, shape_bytes: int, memory_bytes: int) -> tuple[int, str]:
    """As many shapes as are wanted, or as the memory holds (at least one), and a word on it."""
    room = max(1, (memory_bytes - BASE_BYTES) // max(1, shape_bytes))
    if room >= wanted:
        return wanted, ""
    return room, f", no more within {memory_bytes / 1e9:.1f} GB"


def _tokens(subject: Subject, buckets: tuple[int, ...]) -> str:
    mean = padded(subject.lengths, buckets, spare=subject.trailing_pad)
    return (
        f"{len(buckets)} static lengths chosen by the samples': {mean:.1f} tokens a sample are run "
        f"of which {subject.lengths.mean():.1f} are real, against {subject.longest} padded"
    )


def _batch_words(batch: int, *, offline: bool) -> str:
    if not offline:
        return "each sample by itself, since waiting for another one would only add to its latency"
    if batch == 1:
        return "each sample by itself"
    return f"{batch} samples of like length together"
