"""When things happen in a training, as pure numbers."""

from __future__ import annotations

from dataclasses import dataclass

from submission.lab.jpqd.config import JpqdConfig
from submission.lab.jpqd.gates import cubic


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Steps: pruning begins, structures are cut out, the learning rate is down, the end.

    ``warmup``: share of a descent over which the learning rate goes up; ``second_peak``: of the
    descent after the first, as a share of the first's.
    """

    begin: int
    cut: int
    first: int
    total: int
    warmup: float
    second_peak: float
    evaluations: int
    checkpoint_every: int

    def rate(self, step: int) -> float:
        """Share of the learning rate: up over the warm-up, then down to 0, both in a line."""
        if step < self.first:
            return _up_and_down(step, self.first, self.warmup)
        again = _up_and_down(step - self.first, self.total - self.first, self.warmup)
        return self.second_peak * again

    def pruned(self, step: int) -> float:
        """Share of the way to the final sparsity, by the cubic law."""
        return cubic(step, begin=self.begin, end=self.cut)

    def evaluates(self, step: int) -> bool:
        """Whether a score is taken after ``step`` steps: only once structures are cut out."""
        every = max(1, (self.first - self.cut) // self.evaluations)
        return step > self.cut and ((step - self.cut) % every == 0 or step == self.total)

    def saves(self, step: int) -> bool:
        """Whether the state goes to disk after ``step`` steps."""
        return step % self.checkpoint_every == 0 or step == self.total


def schedule_of(config: JpqdConfig, windows: int) -> Schedule:
    """The schedule over ``windows`` training windows; at least one step follows the cut."""
    first, restart = config.total_steps(windows), config.restart
    return Schedule(
        begin=round(config.pruning.begin * first),
        cut=min(round(config.pruning.end * first), first - 1),
        first=first,
        total=first + (restart.steps if restart else 0),
        warmup=config.warmup,
        second_peak=restart.learning_rate / config.learning_rate if restart else 0.0,
        evaluations=config.evaluations,
        checkpoint_every=config.checkpoint_every,
    )


def _up_and_down(step: int, steps: int, warmup: float) -> float:
    rising = max(1.0, warmup * steps)
    if step < rising:
        return (step + 1) / rising
    return max(0.0, (steps - step) / (steps - rising))
