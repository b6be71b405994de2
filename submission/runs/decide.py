"""Makes the plan of the SUT from what is known of model, samples and memory, with its reason."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from submission.artifacts.manifest import Manifest
from submission.runs.buckets import choose_buckets, padded
from submission.terms import MAX_SEQ_LENGTH, PlanRequest, Scenario, SutPlan

# each bucket is a compiled model: it keeps the weights in a layout of its own, and code and
# working memory for each node. Measured with batch 2: 55 MB for the default model (23 MB of
# weights, 0.4 MB of topology), 200 MB for MobileBERT (14 MB, 2.4 MB)
BYTES_PER_WEIGHT_BYTE = 2.0
BYTES_PER_GRAPH_BYTE = 75.0
# Python, OpenVINO, LoadGen, features
BASE_BYTES = 250_000_000
MEMORY_BYTES = 1_900_000_000
# more buckets save less than a percent of the work and cost compile time
BUCKETS = 20
# two samples of like length share the reading of the weights: 8 % less work for base (65 MB of
# weights), 4 % more for a model of 18 MB; tune measures it
OFFLINE_BATCH = 2


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a plan is made for: ``lengths`` int32[samples], the model's limits and its files."""

    lengths: NDArray[np.int32]
    longest: int
    trailing_pad: int
    weight_bytes: int
    graph_bytes: int = 0

    @classmethod
    def of(cls, manifest: Manifest, lengths: NDArray[np.int32]) -> Subject:
        """A model, by its manifest, over samples of these lengths."""
        return cls(
            lengths=lengths,
            longest=manifest.max_seq_length or MAX_SEQ_LENGTH,
            trailing_pad=manifest.trailing_pad,
            weight_bytes=_size_bytes(manifest, "weights"),
            graph_bytes=_size_bytes(manifest, "topology"),
        )

    @property
    def bucket_bytes(self) -> int:
        """About what one compiled bucket takes in memory."""
        weights = BYTES_PER_WEIGHT_BYTE * self.weight_bytes
        return round(weights + BYTES_PER_GRAPH_BYTE * self.graph_bytes)


def _size_bytes(manifest: Manifest, role: str) -> int:
    """0 where no file has that role: a model that is yet to be converted."""
    return sum(file.size_bytes or 0 for file in manifest.files if file.role == role)


def budget_bytes(request: PlanRequest) -> int:
    """What the buckets of a plan may take together."""
    return min(request.memory_bytes or MEMORY_BYTES, request.limit_bytes or sys.maxsize)


def make_plan(subject: Subject, scenario: Scenario, request: PlanRequest) -> SutPlan:
    """The plan for a request, with its reason.

    Buckets are those of the request's step, or those that pad the least within the memory. Samples
    run in batches only where they are there at once (Offline).
    """
    offline = scenario is Scenario.OFFLINE
    if request.bucket_step:
        buckets = (*range(request.bucket_step, subject.longest, request.bucket_step),)
        buckets, batch = (*buckets, subject.longest), request.batch or 1
        reason = request.reason
    else:
        count, why = bounded_buckets(
            request.shapes or BUCKETS, subject.bucket_bytes, budget_bytes(request)
        )
        buckets = choose_buckets(
            subject.lengths, longest=subject.longest, count=count, spare=subject.trailing_pad
        )
        batch = OFFLINE_BATCH if request.batch is None else request.batch
        reason = f"{_tokens(subject, buckets)}{why}; {_batch_words(batch, offline=offline)}"
    return request.plan(
        buckets=buckets,
        batch=batch if offline else 1,
        late_last=request.late_last and not offline,
        memory_bytes=request.limit_bytes,
        reason=reason,
    )


def bounded_buckets(wanted: int, bucket_bytes: int, memory_bytes: int) -> tuple[int, str]:
    """As many buckets as are wanted, or as the memory holds (at least one), and a word on it."""
    room = max(1, (memory_bytes - BASE_BYTES) // max(1, bucket_bytes))
    if room >= wanted:
        return wanted, ""
    return room, f", no more within {memory_bytes / 1e9:.1f} GB"


def _tokens(subject: Subject, buckets: tuple[int, ...]) -> str:
    mean = padded(subject.lengths, buckets, spare=subject.trailing_pad)
    return (
        f"{len(buckets)} buckets by the samples' lengths: {mean:.1f} tokens a sample are run "
        f"of which {subject.lengths.mean():.1f} are real, against {subject.longest} padded"
    )


def _batch_words(batch: int, *, offline: bool) -> str:
    if not offline:
        return "each sample by itself, since waiting for another one would only add to its latency"
    if batch == 1:
        return "each sample by itself"
    return f"{batch} samples of like length together"
