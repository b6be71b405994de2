"""Rounds of a comparison: every way once a round, in turn, over the same samples."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from submission.bench.process import Passed, limit_pass, offline_pass, sample_indices
from submission.bench.subject import Asked, Model, padded_plan, write_indices, write_spec
from submission.errors import StageError
from submission.harness.openvino_model import FEATURES
from submission.squad.feature_file import load_features
from submission.terms import Scenario, SutPlan

PUBLISHED, OURS, LIMIT, QUEUE = "published way", "ours", "OpenVINO alone", "OpenVINO alone, padded"
NULL_SAMPLES = 200_000
APP_SECONDS = 10
THROUGHPUT = re.compile(r"Throughput:\s+([0-9.]+) FPS")

Rounds = dict[str, list[Passed]]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Model, samples and plan of one comparison, and where its runs leave their files."""

    model: Model
    features: Path
    plan: SutPlan
    samples: int
    folder: Path


def run_round(comparison: Comparison, rounds: Rounds, *, backwards: bool) -> None:
    """Every way once; ours comes first or last in turn, the limit takes the samples of ours."""
    steps = [_published, _ours]
    for step in reversed(steps) if backwards else steps:
        step(comparison, rounds)
    indices = sample_indices(comparison.folder / "ours")
    for name, plan in ((LIMIT, comparison.plan), (QUEUE, _padded(comparison))):
        folder = comparison.folder / name.replace(" ", "-").replace(",", "")
        spec = _spec(comparison, plan, folder)
        write_indices(folder, indices)
        rounds.setdefault(name, []).append(limit_pass(spec))


def null_rate(comparison: Comparison, rounds: int) -> list[Passed]:
    """Offline with a backend that runs nothing: what LoadGen and Python alone reach."""
    folder = comparison.folder / "null"
    asked = Asked(scenario=Scenario.OFFLINE, samples=NULL_SAMPLES)
    spec = write_spec(comparison.model, comparison.features, comparison.plan, asked, folder)
    return [offline_pass("null", spec) for _ in range(rounds)]


def benchmark_app(comparison: Comparison, requests: int) -> float:
    """Samples a second of OpenVINO's own tool at batch 1 and full length, by the clock."""
    folder = comparison.folder / "app"
    plan = _padded(comparison)
    xml = next(f.name for f in comparison.model.manifest.files if f.name.endswith(".xml"))
    names = comparison.model.manifest.input_names()
    inputs = _app_inputs(comparison, folder, plan.buckets[-1])
    shape = f"[1,{plan.buckets[-1]}]"
    command = [
        *(sys.executable, "-c", "from openvino.tools.benchmark.main import main; main()"),
        *("-m", str(comparison.model.folder / xml), "-d", "CPU", "-t", str(APP_SECONDS)),
        *("-hint", "none", "-nstreams", str(requests), "-nireq", str(requests)),
        *("-infer_precision", plan.inference_precision, "-api", "async"),
        *("-shape", ",".join(f"{names[name]}{shape}" for name in FEATURES)),
        *("-i", *(f"{names[name]}:{inputs[name]}" for name in FEATURES)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = THROUGHPUT.search(done.stdout)
    if not found:
        raise StageError(
            "OpenVINO's benchmark_app gave no throughput",
            detail=" ".join((done.stdout + done.stderr).splitlines()[-3:]) or "it said nothing",
            hint="leave it out with --no-app",
        )
    return float(found.group(1))


def ratio(rounds: Rounds, over: str, under: str, value: Callable[[Passed], float]) -> float:
    """Median over the rounds of ``value`` of one way against the other's in the same round."""
    pairs = zip(rounds[over], rounds[under], strict=True)
    return statistics.median(value(one) / value(other) for one, other in pairs)


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Least, median, most."""
    return min(values), statistics.median(values), max(values)


def _published(comparison: Comparison, rounds: Rounds) -> None:
    spec = _spec(comparison, _padded(comparison), comparison.folder / "published")
    rounds.setdefault(PUBLISHED, []).append(offline_pass("published", spec))


def _ours(comparison: Comparison, rounds: Rounds) -> None:
    spec = _spec(comparison, comparison.plan, comparison.folder / "ours")
    rounds.setdefault(OURS, []).append(offline_pass("ours", spec))


def _padded(comparison: Comparison) -> SutPlan:
    return padded_plan(comparison.model, comparison.plan)


def _spec(comparison: Comparison, plan: SutPlan, folder: Path) -> Path:
    asked = Asked(scenario=Scenario.OFFLINE, samples=comparison.samples)
    return write_spec(comparison.model, comparison.features, plan, asked, folder)


def _app_inputs(comparison: Comparison, folder: Path, length: int) -> dict[str, Path]:
    """One sample as files: random ids would fall out of the vocabulary."""
    folder.mkdir(parents=True, exist_ok=True)
    features = load_features(comparison.features)
    real = int(features.lengths[0])
    ids = np.zeros((1, length), np.int64)
    ids[0, :real] = features.tokens[:real]
    mask = (ids > 0).astype(np.int64)
    arrays = dict(zip(FEATURES, (ids, mask, np.zeros_like(ids)), strict=True))
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)
    return {name: folder / f"{name}.npy" for name in FEATURES}
