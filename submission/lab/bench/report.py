"""What the rounds say: a table, JSON and a plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from submission.lab.bench.goals import goals, goals_json
from submission.lab.bench.process import Passed
from submission.lab.bench.rounds import (
    PUBLISHED,
    QUEUE,
    STACK,
    Rounds,
    SutComparison,
    limit,
    ours,
    ratio,
    spread,
)
from submission.lab.plot import Bar, bars_svg


@dataclass(frozen=True, kw_only=True)
class SutMeasurements:
    """What a comparison is judged by, beside what its rounds gave.

    ``app``: rates of OpenVINO's own tool, one a round or none. ``moved``: what ``moved_logits``
    found, by precision. ``server``: what find-qps left, by precision of ours, bound and
    way.
    """

    rounds: Rounds
    null: Sequence[Passed]
    app: Sequence[float]
    moved: Mapping[str, Mapping[str, Any]]
    server: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]]


def figures(comparison: SutComparison, measured: SutMeasurements) -> dict[str, Any]:
    """Everything that was measured, the ratios that the goals are about, and the goals."""
    rounds, null, app = measured.rounds, measured.null, measured.app
    own = [each for name in comparison.plans for each in rounds[ours(name)]]
    null_ms = spread([each.cpu_ms for each in null])[1]
    found: dict[str, Any] = {
        "model": comparison.model.name,
        "made_up": comparison.model.manifest.synthetic,
        "plans": {name: asdict(plan) for name, plan in comparison.plans.items()},
        "samples": comparison.samples,
        "ways": {way: [asdict(each) for each in passes] for way, passes in rounds.items()},
        "precisions": {name: _ratios(rounds, name, null_ms) for name in comparison.plans},
        "baseline_of_queue_cpu": ratio(rounds, QUEUE, PUBLISHED, lambda each: each.cpu_ms),
        "null_samples_per_s": [each.rate for each in null],
        "null_cpu_us": [each.cpu_ms * 1000 for each in null],
        "memory_bytes": max(each.memory_bytes for each in own),
        "granted_bytes": comparison.granted_bytes,
        "moved": measured.moved,
        "server": measured.server,
    }
    if STACK in rounds:
        found["published_stack"] = {
            name: {
                "speedup_cpu": ratio(rounds, STACK, ours(name), lambda each: each.cpu_ms),
                "speedup_wall": ratio(rounds, ours(name), STACK, lambda each: each.rate),
            }
            for name in comparison.plans
        }
    if app:
        pairs = zip(rounds[PUBLISHED], app, strict=True)
        found["benchmark_app_samples_per_s"] = list(app)
        found["baseline_of_app_wall"] = spread([one.rate / other for one, other in pairs])[1]
    found["goals"] = goals_json(goals(found))
    return found


def _ratios(rounds: Rounds, precision: str, null_ms: float) -> dict[str, float]:
    own, alone = ours(precision), limit(precision)
    return {
        "speedup_cpu": ratio(rounds, PUBLISHED, own, lambda each: each.cpu_ms),
        "speedup_wall": ratio(rounds, own, PUBLISHED, lambda each: each.rate),
        "of_limit_cpu": ratio(rounds, alone, own, lambda each: each.cpu_ms),
        "of_limit_wall": ratio(rounds, own, alone, lambda each: each.rate),
        "overhead": null_ms / spread([each.cpu_ms for each in rounds[own]])[1],
    }


def table(comparison: SutComparison, rounds: Rounds, found: dict[str, Any]) -> str:
    """The figures for people, and which goals they reach."""
    note = ", synthetic weights: for timing only" if found["made_up"] else ""
    count = len(rounds[PUBLISHED])
    rows = [
        f"{found['model']}{note}: Offline, {found['samples']} samples, {count} rounds",
        *(f"  plan: {plan.reason}; {name}" for name, plan in comparison.plans.items()),
        f"  {'':28} {'samples/s (least … most)':>28} {'CPU ms a sample':>24} {'gain':>6}",
        *(_row(way, passes, rounds[PUBLISHED]) for way, passes in rounds.items()),
    ]
    if "baseline_of_app_wall" in found:
        share = found["baseline_of_app_wall"]
        rows.append(
            f"  the reference implementation reaches {share:.1%} of benchmark_app by wall time"
        )
    rows += [
        f"  ours, {name}, against the published stack: {each['speedup_cpu']:.2f}x by CPU time, "
        f"{each['speedup_wall']:.2f}x by the clock"
        for name, each in found.get("published_stack", {}).items()
    ]
    rows += ["  goals:", *(f"    {goal}" for goal in goals(found))]
    return "\n".join(rows)


def plot(rounds: Rounds, found: dict[str, Any]) -> str:
    """CPU time of each way as bars."""
    bars = []
    for way, passes in rounds.items():
        low, middle, high = spread([each.cpu_ms for each in passes])
        bars.append(Bar(name=way, low=low, middle=middle, high=high))
    return bars_svg(f"{found['model']}, Offline: CPU time a sample", "ms", bars)


def _row(way: str, passes: Sequence[Passed], published: Sequence[Passed]) -> str:
    low, middle, high = spread([each.rate for each in passes])
    least, cpu, most = spread([each.cpu_ms for each in passes])
    gains = [base.cpu_ms / each.cpu_ms for each, base in zip(passes, published, strict=True)]
    return (
        f"  {way:28} {middle:8.2f} ({low:7.2f} … {high:7.2f}) {cpu:8.2f} ({least:.2f} … {most:.2f})"
        f" {spread(gains)[1]:5.2f}x"
    )
