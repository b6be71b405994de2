"""When things happen in a training, as pure numbers."""

from __future__ import annotations

from dataclasses import dataclass

from submission.jpqd.config import JpqdConfig
from submission.jpqd.gates import cubic


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Steps: pruning begins, structures are cut out, the end; ``rising``: learning rate goes up."""

    begin: int
    cut: int
    total: int
    rising: float
    evaluations: int
    checkpoint_every: int

    def rate(self, step: int) -> float:
        """Share of the learning rate: up over the warm-up, then down to 0, both in a line."""
        if step < self.rising:
            return (step + 1) / self.rising
        return max(0.0, (self.total - step) / (self.total - self.rising))

    def pruned(self, step: int) -> float:
        """Share of the way to the final sparsity, by the cubic law."""
        return cubic(step, begin=self.begin, end=self.cut)

    def evaluates(self, step: int) -> bool:
        """Whether a score is taken after ``step`` steps: only once structures are cut out."""
        every = max(1, (self.total - self.cut) // self.evaluations)
        return step > self.cut and ((step - self.cut) % every == 0 or step == self.total)

    def saves(self, step: int) -> bool:
        """Whether the state goes to disk after ``step`` steps."""
        return step % self.checkpoint_every == 0 or step == self.total


def schedule_of(config: JpqdConfig, windows: int) -> Schedule:
    """The schedule over ``windows`` training windows; at least one step follows the cut."""
    total = config.total_steps(windows)
    return Schedule(
        begin=round(config.pruning.begin * total),
        cut=min(round(config.pruning.end * total), total - 1),
        total=total,
        rising=max(1.0, config.warmup * total),
        evaluations=config.evaluations,
        checkpoint_every=config.checkpoint_every,
    )
