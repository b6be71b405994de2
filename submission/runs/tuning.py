"""What a tuned plan holds for: ``tune`` stores it under this, and a run looks it up there."""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

from submission.artifacts.manifest import Manifest
from submission.host.facts import HostFacts, host_facts
from submission.runs.decide import MEMORY_BYTES
from submission.runs.tuned import Place


def tuned_place(
    manifest: Manifest,
    lengths: NDArray[np.int32],
    *,
    precision: str,
    cores: int,
    openvino: str,
    memory_bytes: int = MEMORY_BYTES,
) -> Place:
    """The place of a model (by its manifest's checksums) over samples of these ``lengths``.

    ``memory_bytes`` is the ``budget_bytes`` of the request.
    """
    return Place(
        model=manifest.name,
        model_key=_digest(*(f"{f.name} {f.checksums.to_json()}" for f in manifest.files)),
        lengths_key=_digest(*map(str, np.sort(lengths))),
        precision=precision,
        cpu_model=this_host().cpu_name,
        cores=cores,
        openvino=openvino,
        memory_bytes=memory_bytes,
    )


@cache
def this_host() -> HostFacts:
    """The machine: it does not change while a command runs, and asking it starts processes."""
    return host_facts()


def _digest(*lines: str) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
