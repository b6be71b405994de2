"""Time pruned models beside their dense baselines on this machine."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from submission.lab.synthetic.published import PublishedSpeedup, published_speedups
from submission.lab.synthetic.trial import TimedModel, Timing, logits_difference
from submission.terms import Say

#: the least time of one model's measurement in one round
MEASURED_S = 0.4
_MS = 1000.0


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A pruned model and its dense baseline; several models may share a baseline."""

    pruned: TimedModel
    dense: TimedModel


@dataclass(frozen=True, kw_only=True)
class ModelTimings:
    """The timings of one model, one a round."""

    name: str
    multiply_adds: int
    rounds: tuple[Timing, ...]

    @property
    def wall_ms(self) -> float:
        """Median milliseconds a sample, by the clock."""
        return statistics.median(timing.wall_ms for timing in self.rounds)

    @property
    def cpu_ms(self) -> float:
        """Median milliseconds of CPU time a sample."""
        return statistics.median(timing.cpu_ms for timing in self.rounds)

    def speedup(self, slower: ModelTimings) -> Speedup:
        """The speedup over ``slower``, which ran in the same rounds."""
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
    """Ratios of medians; ``wall_least`` and ``wall_most`` are of single rounds."""

    wall: float
    wall_least: float
    wall_most: float
    cpu: float
    multiply_adds: float


@dataclass(frozen=True, kw_only=True)
class TopologyRow:
    """One model of the table."""

    model: ModelTimings
    over_dense: Speedup
    over_reference: Speedup
    published: PublishedSpeedup | None
    logits_difference: float


@dataclass(frozen=True, kw_only=True)
class TopologyComparison:
    """The result of the benchmark; all models are compared with ``reference``, dense BERT-large."""

    length: int
    shorter: int
    streams: int
    rounds: int
    reference: ModelTimings
    rows: tuple[TopologyRow, ...]


def compare(
    pairs: Sequence[Pair],
    reference: TimedModel,
    *,
    length: int,
    shorter: int,
    rounds: int,
    budget_s: float,
    say: Say,
) -> TopologyComparison:
    """Time every model once a round, one after the other, so that noise affects all of them.

    At least one round is made; no further one begins after ``budget_s`` seconds.
    """
    trials = {t.name: t for t in (reference, *(p.dense for p in pairs), *(p.pruned for p in pairs))}
    measured = _measure(trials, rounds=rounds, budget_s=budget_s, say=say)
    known = published_speedups()
    rows = tuple(
        TopologyRow(
            model=measured[pair.pruned.name],
            over_dense=measured[pair.pruned.name].speedup(measured[pair.dense.name]),
            over_reference=measured[pair.pruned.name].speedup(measured[reference.name]),
            published=known.get(pair.pruned.name),
            logits_difference=logits_difference(pair.pruned.qa, length, shorter),
        )
        for pair in pairs
    )
    return TopologyComparison(
        length=length,
        shorter=shorter,
        streams=reference.streams,
        rounds=len(measured[reference.name].rounds),
        reference=measured[reference.name],
        rows=rows,
    )


def _measure(
    trials: Mapping[str, TimedModel], *, rounds: int, budget_s: float, say: Say
) -> dict[str, ModelTimings]:
    end = time.monotonic() + budget_s
    counts = {name: _samples(trial) for name, trial in trials.items()}
    timings: dict[str, list[Timing]] = {name: [] for name in trials}
    for number in range(rounds):
        if number and time.monotonic() > end:
            say(f"{number} of {rounds} rounds: the time limit is reached")
            break
        for name, trial in trials.items():
            timings[name].append(trial.time(counts[name]))
        say(f"round {number + 1} of {rounds} done")
    return {
        name: ModelTimings(
            name=name, multiply_adds=trials[name].multiply_adds, rounds=tuple(timings[name])
        )
        for name in trials
    }


def _samples(trial: TimedModel) -> int:
    """Warm up; return how many samples a measurement takes, a multiple of the streams."""
    trial.time(trial.streams)
    took_s = trial.time(trial.streams).wall_ms * trial.streams / _MS
    return trial.streams * max(1, math.ceil(MEASURED_S / took_s))
