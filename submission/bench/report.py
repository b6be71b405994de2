"""What the rounds say: a table, JSON and a plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from submission.bench.plot import Bar, bars_svg
from submission.bench.process import Passed
from submission.bench.rounds import LIMIT, OURS, PUBLISHED, QUEUE, Comparison, Rounds, ratio, spread

WAYS = (PUBLISHED, QUEUE, OURS, LIMIT)


def figures(
    comparison: Comparison, rounds: Rounds, null: Sequence[Passed], app: Sequence[float]
) -> dict[str, Any]:
    """Everything that was measured, and the ratios that the goals are about."""
    found: dict[str, Any] = {
        "model": comparison.model.name,
        "made_up": comparison.model.manifest.made_up,
        "plan": asdict(comparison.plan),
        "samples": comparison.samples,
        "ways": {way: [asdict(each) for each in rounds[way]] for way in WAYS},
        "speedup_cpu": ratio(rounds, PUBLISHED, OURS, lambda each: each.cpu_ms),
        "speedup_wall": ratio(rounds, OURS, PUBLISHED, lambda each: each.rate),
        "of_limit_cpu": ratio(rounds, LIMIT, OURS, lambda each: each.cpu_ms),
        "of_limit_wall": ratio(rounds, OURS, LIMIT, lambda each: each.rate),
        "baseline_of_queue_cpu": ratio(rounds, QUEUE, PUBLISHED, lambda each: each.cpu_ms),
        "null_samples_per_s": [each.rate for each in null],
        "null_cpu_us": [each.cpu_ms * 1000 for each in null],
        "memory_bytes": max(each.memory_bytes for each in rounds[OURS]),
    }
    null_ms = spread([each.cpu_ms for each in null])[1]
    found["overhead"] = null_ms / spread([each.cpu_ms for each in rounds[OURS]])[1]
    if app:
        pairs = zip(rounds[PUBLISHED], app, strict=True)
        found["benchmark_app_samples_per_s"] = list(app)
        found["baseline_of_app_wall"] = spread([one.rate / other for one, other in pairs])[1]
    return found


def table(comparison: Comparison, rounds: Rounds, found: dict[str, Any]) -> str:
    """The figures for people."""
    note = ", made-up weights: for timing only" if found["made_up"] else ""
    rows = [
        f"{found['model']}{note}: Offline, {found['samples']} samples, {len(rounds[OURS])} rounds",
        f"  plan: {comparison.plan.reason}; {comparison.plan.inference_precision}",
        f"  {'':24} {'samples/s (least … most)':>28} {'CPU ms a sample':>24}",
        *(_row(way, rounds[way]) for way in WAYS),
    ]
    rows += [
        (
            f"  against the published way  {found['speedup_cpu']:.2f}x by CPU time, "
            f"{found['speedup_wall']:.2f}x by the clock"
        ),
        (
            f"  of OpenVINO's own limit    {found['of_limit_cpu']:.1%} by CPU time, "
            f"{found['of_limit_wall']:.1%} by the clock"
        ),
        f"  baseline of a bare queue   {found['baseline_of_queue_cpu']:.1%} by CPU time",
    ]
    if "baseline_of_app_wall" in found:
        rows.append(
            f"  baseline of benchmark_app  {found['baseline_of_app_wall']:.1%} by the clock"
        )
    null = spread(found["null_samples_per_s"])[1]
    rows += [
        (
            f"  a backend of nothing       {null:,.0f} samples/s on one worker; LoadGen and Python "
            f"take {found['overhead']:.2%} of a sample"
        ),
        f"  memory, peak               {found['memory_bytes'] / 1e6:,.0f} MB",
    ]
    return "\n".join(rows)


def plot(rounds: Rounds, found: dict[str, Any]) -> str:
    """CPU time of each way as bars."""
    bars = []
    for way in WAYS:
        low, middle, high = spread([each.cpu_ms for each in rounds[way]])
        bars.append(Bar(name=way, low=low, middle=middle, high=high))
    return bars_svg(f"{found['model']}, Offline: CPU time a sample", "ms", bars)


def _row(way: str, passes: Sequence[Passed]) -> str:
    low, middle, high = spread([each.rate for each in passes])
    least, cpu, most = spread([each.cpu_ms for each in passes])
    return (
        f"  {way:24} {middle:8.2f} ({low:7.2f} … {high:7.2f}) {cpu:8.2f} ({least:.2f} … {most:.2f})"
    )
