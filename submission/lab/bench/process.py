"""One measured pass of one way, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from submission.errors import StageError
from submission.files import read_json

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
        """Samples per second, by the clock."""
        return self.samples / self.wall_s

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of CPU time for each sample."""
        return self.cpu_s * 1000 / self.samples


def run_way(way: str, spec: Path, python: str = sys.executable, *, limit_s: float = LIMIT_S) -> int:
    """Run ``python -m submission.lab.bench WAY SPEC`` to its end; returns its exit code.

    ``python`` may be another environment's: it finds this package in the folder it starts in.
    Raises StageError for a process that does not end.
    """
    log = spec.parent / "harness.log"
    command = [python, "-m", "submission.lab.bench", way, str(spec.absolute())]
    root = Path(__file__).parents[3]
    with log.open("wb") as out:
        try:
            done = subprocess.run(
                command, stdout=out, stderr=out, timeout=limit_s, check=False, cwd=root
            )
        except subprocess.TimeoutExpired as error:
            raise StageError(
                f"the pass of {way} hangs",
                detail=f"it was ended after {limit_s:.0f} s",
                hint=f"see {log}",
            ) from error
    return done.returncode


def offline_pass(
    way: str, spec: Path, python: str = sys.executable, *, limit_s: float = LIMIT_S
) -> Passed:
    """A pass with LoadGen; raises StageError with its words if it failed."""
    if run_way(way, spec, python, limit_s=limit_s) != 0:
        raise pass_failure(way, spec.parent)
    report: dict[str, Any] = read_json(spec.parent / "harness.json")
    samples = report["answered"]
    used = report["loadgen_cpu_s"]
    return Passed(
        samples=samples,
        wall_s=samples / report["results"]["result_samples_per_second"],
        cpu_s=used["cpu_user_s"] + used["cpu_system_s"],
        memory_bytes=report["memory_peak_bytes"],
    )


def limit_pass(spec: Path) -> Passed:
    """A pass of OpenVINO alone; raises StageError if it failed."""
    if run_way("limit", spec) != 0:
        raise pass_failure("limit", spec.parent)
    return Passed(**read_json(spec.parent / "pass.json"))


def logits_pass(spec: Path) -> Path:
    """A pass that keeps its answers; returns their folder, raises StageError if it failed."""
    if run_way("logits", spec) != 0:
        raise pass_failure("logits", spec.parent)
    return spec.parent


def sample_indices(folder: Path) -> list[int]:
    """The samples that LoadGen asked of the run in ``folder``."""
    with np.load(folder / read_json(folder / "harness.json")["latencies"]) as found:
        indices: list[int] = found["sample_index"].tolist()
    return indices


def pass_failure(way: str, folder: Path) -> StageError:
    """The words of a pass that failed: the harness' own, or the end of its log."""
    try:
        words = read_json(folder / "error.json")
        return StageError(words["what"], detail=words["detail"], hint=words["hint"])
    except (OSError, ValueError, KeyError):
        lines = (folder / "harness.log").read_text(encoding="utf-8", errors="replace").splitlines()
        return StageError(
            f"the pass of {way} failed",
            detail=" ".join(lines[-3:]) or "it said nothing",
            hint=f"see {folder / 'harness.log'}",
        )
