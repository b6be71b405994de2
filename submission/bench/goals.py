"""What the SUT is meant to reach, and whether the rounds of a comparison show it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

SPEEDUP = 2.5
OF_LIMIT = 0.95
OVERHEAD = 0.02
NULL_RATE = 20_000
MEMORY_BYTES = 2_000_000_000
BASELINE_OF_QUEUE = 0.95


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A goal in words, what was measured, and whether that reaches it."""

    words: str
    measured: str
    reached: bool

    def __str__(self) -> str:
        return f"{'reached' if self.reached else 'MISSED ':7}  {self.words}: {self.measured}"


def goals(found: Mapping[str, Any]) -> list[Goal]:
    """The goals of one model's figures, by CPU time, which neighbours move least."""
    judged = [goal for name, each in found["precisions"].items() for goal in _precision(name, each)]
    baseline = found["baseline_of_queue_cpu"]
    null = 1e6 / statistics.median(found["null_cpu_us"])
    return [
        *judged,
        Goal(
            words=f"the baseline is at least {BASELINE_OF_QUEUE:.0%} of a bare padded queue",
            measured=f"{baseline:.1%}",
            reached=baseline >= BASELINE_OF_QUEUE,
        ),
        Goal(
            words=f"at least {NULL_RATE:,} samples/s of a core with a backend of nothing",
            measured=f"{null:,.0f} a second of CPU time, "
            f"{min(found['null_samples_per_s']):,.0f} by the clock in the slowest round",
            reached=null >= NULL_RATE,
        ),
        Goal(
            words=f"under {MEMORY_BYTES / 1e9:g} GB",
            measured=f"{found['memory_bytes'] / 1e9:.2f} GB at the peak",
            reached=found["memory_bytes"] < MEMORY_BYTES,
        ),
    ]


def goals_json(judged: list[Goal]) -> list[dict[str, Any]]:
    """The goals for a JSON file."""
    return [asdict(goal) for goal in judged]


def _precision(name: str, found: Mapping[str, Any]) -> list[Goal]:
    gain, share, overhead = (found[k] for k in ("speedup_cpu", "of_limit_cpu", "overhead"))
    return [
        Goal(
            words=f"{name}: at least {SPEEDUP}x the published way",
            measured=f"{gain:.2f}x by CPU time, {found['speedup_wall']:.2f}x by the clock",
            reached=gain >= SPEEDUP,
        ),
        Goal(
            words=f"{name}: at least {OF_LIMIT:.0%} of OpenVINO's own limit",
            measured=f"{share:.1%}",
            reached=share >= OF_LIMIT,
        ),
        Goal(
            words=f"{name}: LoadGen and Python under {OVERHEAD:.0%} of a sample",
            measured=f"{overhead:.2%}",
            reached=overhead < OVERHEAD,
        ),
    ]
