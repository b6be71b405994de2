"""Rounds of a comparison: every way once a round, in turn, over the same samples."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from submission.errors import StageError
from submission.ir.names import FEATURES
from submission.lab.bench.logits import moved
from submission.lab.bench.process import (
    Passed,
    limit_pass,
    logits_pass,
    offline_pass,
)
from submission.lab.bench.published_stack.stack import OPENVINO, PublishedStack
from submission.lab.bench.subject import Asked, Model, padded_plan, write_indices, write_spec
from submission.runs.outcome import sample_indices
from submission.squad.feature_file import load_features
from submission.terms import Scenario, SutPlan

PUBLISHED, QUEUE = "published way", "OpenVINO alone, padded"
STACK = f"published stack, {OPENVINO}"
NULL_SAMPLES = 200_000
APP_SECONDS = 10
THROUGHPUT = re.compile(r"Throughput:\s+([0-9.]+) FPS")

Rounds = dict[str, list[Passed]]


@dataclass(frozen=True, kw_only=True)
class SutComparison:
    """Model, samples and plans of one comparison, and where its runs leave their files.

    ``plans`` are ours by their precision; the first one, apart from what the description of the
    reference implementation fixes, is also its own. ``granted_bytes``: the memory that MEMORY
    grants ours, 0 if it is not set. ``stack`` runs the reference implementation on the published
    software too.
    """

    model: Model
    features: Path
    plans: Mapping[str, SutPlan]
    samples: int
    folder: Path
    granted_bytes: int = 0
    stack: PublishedStack | None = None


def run_round(comparison: SutComparison, rounds: Rounds, *, backwards: bool) -> None:
    """Every way once; the order turns round, and OpenVINO alone takes the samples of ours."""
    padded = padded_plan(comparison.model, next(iter(comparison.plans.values())))
    full = [("published", PUBLISHED, padded)]
    full += [("ours", ours(name), plan) for name, plan in comparison.plans.items()]
    for way, name, plan in reversed(full) if backwards else full:
        folder = comparison.folder / _folder_name(name)
        passed = offline_pass(way, _spec(comparison, plan, folder))
        rounds.setdefault(name, []).append(passed)
    if comparison.stack:
        folder = comparison.folder / _folder_name(STACK)
        passed = comparison.stack.offline_pass(_spec(comparison, padded, folder))
        rounds.setdefault(STACK, []).append(passed)
    indices = sample_indices(comparison.folder / _folder_name(PUBLISHED))
    alone = [(QUEUE, padded), *((limit(p), plan) for p, plan in comparison.plans.items())]
    for name, plan in alone:
        folder = comparison.folder / _folder_name(name)
        spec = _spec(comparison, plan, folder)
        write_indices(folder, indices)
        rounds.setdefault(name, []).append(limit_pass(spec))


def ours(precision: str) -> str:
    """The name of our way in that precision."""
    return f"ours, {precision}"


def limit(precision: str) -> str:
    """The name of OpenVINO's own queue over our buckets in that precision."""
    return f"OpenVINO alone, {precision}"


def null_rate(comparison: SutComparison, rounds: int) -> list[Passed]:
    """Offline with a backend that runs nothing: what LoadGen and Python reach on one core."""
    folder = comparison.folder / "null"
    asked = Asked(scenario=Scenario.OFFLINE, samples=NULL_SAMPLES)
    plan = next(iter(comparison.plans.values()))
    spec = write_spec(comparison.model, comparison.features, plan, asked, folder)
    return [offline_pass("null", spec) for _ in range(rounds)]


def moved_logits(comparison: SutComparison) -> dict[str, dict[str, Any]]:
    """Of each precision, how far ours' answers lie from the padded ones; after a round."""
    features = load_features(comparison.features)
    indices = sample_indices(comparison.folder / _folder_name(PUBLISHED))
    return {
        name: moved(features, *(_answered(comparison, plan, indices, kind) for kind, plan in pair))
        for name, pair in _pairs(comparison).items()
    }


def _pairs(comparison: SutComparison) -> dict[str, list[tuple[str, SutPlan]]]:
    """Ours and a padded plan of the same precision."""
    return {
        name: [
            (f"{name}-ours", plan),
            (
                f"{name}-padded",
                replace(padded_plan(comparison.model, plan), inference_precision=name),
            ),
        ]
        for name, plan in comparison.plans.items()
    }


def _answered(comparison: SutComparison, plan: SutPlan, indices: list[int], kind: str) -> Path:
    folder = comparison.folder / "logits" / kind
    spec = _spec(comparison, plan, folder)
    write_indices(folder, indices)
    return logits_pass(spec)


def benchmark_app(comparison: SutComparison, requests: int) -> float:
    """Samples a second of OpenVINO's own tool at batch 1 and full length, by the clock."""
    folder = comparison.folder / "app"
    plan = padded_plan(comparison.model, next(iter(comparison.plans.values())))
    xml = comparison.model.manifest.role("topology").name
    names = comparison.model.manifest.input_names()
    inputs = _app_inputs(comparison, folder, plan.buckets[-1])
    shape = f"[1,{plan.buckets[-1]}]"
    command = [
        *(sys.executable, "-m", "submission.lab.bench.benchmark_app"),
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
    """The least, the median and the largest of the values."""
    return min(values), statistics.median(values), max(values)


def _folder_name(way: str) -> str:
    return way.replace(" ", "-").replace(",", "")


def _spec(comparison: SutComparison, plan: SutPlan, folder: Path) -> Path:
    asked = Asked(scenario=Scenario.OFFLINE, samples=comparison.samples)
    return write_spec(comparison.model, comparison.features, plan, asked, folder)


def _app_inputs(comparison: SutComparison, folder: Path, length: int) -> dict[str, Path]:
    """One sample as files: random ids would fall out of the vocabulary."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = load_features(comparison.features).padded([0], length)
    for name, values in zip(FEATURES, rows, strict=True):
        np.save(folder / f"{name}.npy", values)
    return {name: folder / f"{name}.npy" for name in FEATURES}
