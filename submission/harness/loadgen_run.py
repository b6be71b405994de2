"""Runs LoadGen in this process: its handles and checks before the start."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlperf_loadgen

from submission.harness.failure import FailureKind, HarnessError
from submission.harness.loadgen_settings import log_settings
from submission.harness.sut import Sut
from submission.loadgen.counts import planned_samples
from submission.squad.samples import Samples
from submission.terms import Mode, RunSpec

# measured: 370 to 430 bytes per planned query of Server, at 4,000/s and 20,000/s for 600 s; 360
# bytes per sample of Offline's query, with what the SUT keeps of it, from 20,000 to 320,000
BYTES_PER_SAMPLE = 450
# LoadGen looks for this file in the current folder; only audits use it
NO_AUDIT = ""


def check_out(out: Path) -> None:
    """HarnessError "out" unless files can be written there; LoadGen would exit silently."""
    try:
        with tempfile.NamedTemporaryFile(dir=out, prefix=".probe"):
            pass
    except OSError as error:
        raise HarnessError(
            "the out folder of the run cannot be written",
            kind=FailureKind.OUT,
            detail=f"{out}: {error.strerror or error}",
            hint="name a folder that exists, has space, and belongs to the user of the run",
        ) from error


def check_counts(spec: RunSpec, samples: Samples) -> None:
    """HarnessError "settings" if the performance set is larger than the data set."""
    asked, count = spec.settings.performance_sample_count, len(samples)
    if not 0 < asked <= count:
        raise HarnessError(
            "performance_sample_count does not fit the data set",
            kind=FailureKind.SETTINGS,
            detail=f"{asked} requested, the data set has {count} samples",
            hint=f"set performance_sample_count to {count} or less",
        )


def check_schedule(spec: RunSpec, free_bytes: int | None) -> None:
    """HarnessError "settings" if LoadGen's plan of the run would not fit into ``free_bytes``.

    LoadGen plans every query of a Server run, and all samples of Offline's one query, before it
    starts; without this check the kernel would kill it.
    """
    if spec.run.mode is Mode.ACCURACY:
        return
    planned, qps = planned_samples(spec.settings, spec.run.scenario), spec.settings.target_qps
    if free_bytes is not None and planned * BYTES_PER_SAMPLE > free_bytes:
        raise HarnessError(
            f"target_qps {qps:g} is far too high",
            kind=FailureKind.SETTINGS,
            detail=f"LoadGen would plan {planned:.3g} samples in "
            f"{planned * BYTES_PER_SAMPLE / 1e9:.3g} GB, {free_bytes / 1e9:.3g} GB are free",
            hint="lower target_qps: make find-qps finds what this machine reaches",
        )


@contextmanager
def handles(sut: Sut, count: int) -> Iterator[tuple[int, int]]:
    """LoadGen's handles of SUT and QSL; ``count``: samples of a performance run."""
    sut_handle = mlperf_loadgen.ConstructFastSUT(sut.issue, sut.flush)
    try:
        qsl_handle = mlperf_loadgen.ConstructQSL(len(sut.samples), count, sut.load, sut.unload)
        try:
            yield sut_handle, qsl_handle
        finally:
            mlperf_loadgen.DestroyQSL(qsl_handle)
    finally:
        mlperf_loadgen.DestroyFastSUT(sut_handle)


def run_loadgen(spec: RunSpec, settings: Any, sut: Sut) -> None:
    """Let LoadGen run to its end; its logs lie in the out folder afterwards."""
    count = spec.settings.performance_sample_count
    with handles(sut, count) as (sut_handle, qsl_handle):
        mlperf_loadgen.StartTestWithLogSettings(
            sut_handle, qsl_handle, settings, log_settings(Path(spec.out)), NO_AUDIT
        )
