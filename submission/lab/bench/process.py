"""One measured pass of one way, in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from submission.files import read_json
from submission.loadgen.keys import OFFLINE_RATE
from submission.runs.launch import command, launch_here
from submission.runs.outcome import RunEnd

MODULE = "submission.lab.bench"
# a pass that takes longer than this hangs, which the harness itself would end before
LIMIT_S = 3600.0


@dataclass(frozen=True, kw_only=True)
class Passed:
    """What one pass took: ``samples`` in ``wall_s``, with ``cpu_s`` of the process' CPU time."""

    samples: int
    wall_s: float
    cpu_s: float
    memory_bytes: int = 0

    @property
    def rate(self) -> float:
        """The samples of a second of the clock."""
        return self.samples / self.wall_s

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of CPU time for each sample."""
        return self.cpu_s * 1000 / self.samples


def run_way(
    way: str,
    spec: Path,
    python: str = sys.executable,
    *,
    limit_s: float = LIMIT_S,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> RunEnd:
    """Run ``python -m submission.lab.bench WAY SPEC`` to its end.

    ``python`` may be another environment's; ``environment`` is added to this process's. Raises
    StageError for a process that does not end.
    """
    return launch_here(
        command(str(spec.absolute()), module=MODULE, way=way, python=python),
        spec.parent,
        f"the pass of {way}",
        limit_s=limit_s,
        more=environment,
    )


def offline_pass(
    way: str,
    spec: Path,
    python: str = sys.executable,
    *,
    limit_s: float = LIMIT_S,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Passed:
    """A pass with LoadGen, as ``run_way``; raises StageError with its words if it failed."""
    report = run_way(way, spec, python, limit_s=limit_s, environment=environment).report()
    return Passed(
        samples=report.answered,
        wall_s=report.answered / report.results[OFFLINE_RATE],
        cpu_s=report.loadgen_cpu_s,
        memory_bytes=report.values["memory_peak_bytes"],
    )


def limit_pass(spec: Path) -> Passed:
    """A pass of OpenVINO alone; raises StageError if it failed."""
    return Passed(**read_json(_finished("limit", spec) / "pass.json"))


def logits_pass(spec: Path) -> Path:
    """A pass that keeps its answers; returns their folder, raises StageError if it failed."""
    return _finished("logits", spec)


def _finished(way: str, spec: Path) -> Path:
    """The folder of a pass without LoadGen, which leaves no report."""
    end = run_way(way, spec)
    if not end.outcome.ok:
        raise end.error()
    return end.folder
