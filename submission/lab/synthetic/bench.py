"""Pruned models and their dense twins side by side: what pruning gains on this machine."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from submission.lab.synthetic.published import PublishedSpeedup, published_speedups
from submission.lab.synthetic.trial import Timing, Trial, logits_difference

#: a measurement of one model in one round lasts about so long at least
MEASURED_S = 0.4
_MS = 1000.0
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A pruned model and its dense twin; several models may share a twin."""

    pruned: Trial
    dense: Trial


@dataclass(frozen=True, kw_only=True)
class Measured:
    """All rounds of one model."""

    name: str
    multiply_adds: int
    rounds: tuple[Timing, ...]

    @property
    def wall_ms(self) -> float:
        """The median."""
        return statistics.median(timing.wall_ms for timing in self.rounds)

    @property
    def cpu_ms(self) -> float:
        """The median."""
        return statistics.median(timing.cpu_ms for timing in self.rounds)

    def speedup(self, slower: Measured) -> Speedup:
        """How much faster than ``slower``, which ran in the same rounds."""
        walls = [
            two.wall_ms / one.wall_ms for one, two in zip(self.rounds, slower.rounds, strict=True)
        ]
        return Speedup(
            wall=slower.wall_ms / self.wall_ms,
            wall_least=min(walls),
            wall_most=max(walls),
            cpu=slower.cpu_ms / self.cpu_ms,
            multiply_adds=slower.multiply_adds / self.multiply_adds,
        )


@dataclass(frozen=True, kw_only=True)
class Speedup:
    """Ratios of medians; least and most are those of single rounds."""

    wall: float
    wall_least: float
    wall_most: float
    cpu: float
    multiply_adds: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """One model of the table."""

    model: Measured
    over_twin: Speedup
    over_reference: Speedup
    published: PublishedSpeedup | None
    logits_difference: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The whole benchmark; ``reference`` is the dense BERT-large that all are compared with."""

    length: int
    shorter: int
    streams: int
    rounds: int
    reference: Measured
    rows: tuple[Row, ...]


def compare(
    pairs: Sequence[Pair],
    reference: Trial,
    *,
    length: int,
    shorter: int,
    rounds: int,
    budget_s: float,
    say: Say,
) -> Comparison:
    """Measure every model once a round, in turns, so that noise meets all alike.

    No round is begun after ``budget_s`` seconds; one is always made.
    """
    trials = {t.name: t for t in (reference, *(p.dense for p in pairs), *(p.pruned for p in pairs))}
    measured = _measure(trials, rounds=rounds, budget_s=budget_s, say=say)
    known = published_speedups()
    rows = tuple(
        Row(
            model=measured[pair.pruned.name],
            over_twin=measured[pair.pruned.name].speedup(measured[pair.dense.name]),
            over_reference=measured[pair.pruned.name].speedup(measured[reference.name]),
            published=known.get(pair.pruned.name),
            logits_difference=logits_difference(pair.pruned.qa, length, shorter),
        )
        for pair in pairs
    )
    return Comparison(
        length=length,
        shorter=shorter,
        streams=reference.streams,
        rounds=len(measured[reference.name].rounds),
        reference=measured[reference.name],
        rows=rows,
    )


def _measure(
    trials: Mapping[str, Trial], *, rounds: int, budget_s: float, say: Say
) -> dict[str, Measured]:
    end = time.monotonic() + budget_s
    counts = {name: _samples(trial) for name, trial in trials.items()}
    timings: dict[str, list[Timing]] = {name: [] for name in trials}
    for number in range(rounds):
        if number and time.monotonic() > end:
            say(f"{number} of {rounds} rounds: the time given is used up")
            break
        for name, trial in trials.items():
            timings[name].append(trial.time(counts[name]))
        say(f"round {number + 1} of {rounds} done")
    return {
        name: Measured(
            name=name, multiply_adds=trials[name].multiply_adds, rounds=tuple(timings[name])
        )
        for name in trials
    }


def _samples(trial: Trial) -> int:
    """Warm up, and tell how many samples a measurement takes: a multiple of the streams."""
    trial.time(trial.streams)
    took_s = trial.time(trial.streams).wall_ms * trial.streams / _MS
    return trial.streams * max(1, math.ceil(MEASURED_S / took_s))
