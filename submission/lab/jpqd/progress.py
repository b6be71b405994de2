"""What a training says and remembers of itself: losses, the curve, the time that is left."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from submission.lab.jpqd.selection import SelectionScore
from submission.terms import Say

RECENT = 50
SAY_EVERY = 10


@dataclass(kw_only=True)
class Progress:
    """``curve``: loss and F1 by step; ``best``: highest F1 in percent; ``losses``: latest ones."""

    total: int
    say: Say
    curve: list[dict[str, float]] = field(default_factory=list)
    best: float = -1.0
    losses: list[float] = field(default_factory=list)
    _begun: tuple[int, float] = (0, 0.0)

    def begin(self, step: int) -> None:
        """Take the time from here: ``step`` steps are done."""
        self._begun = step, time.monotonic()

    def stepped(self, step: int, loss: float, *, sparsity: float) -> None:
        """Note a step, and say now and then how far things are; ``sparsity``: a share."""
        self.losses = [*self.losses, loss][-RECENT:]
        if step % SAY_EVERY and step != self.total:
            return
        begin, started = self._begun
        left = (time.monotonic() - started) / (step - begin) * (self.total - step)
        self.say(
            f"step {step}/{self.total}, loss {self._mean():.3f}, "
            f"sparsity {100 * sparsity:.1f} %, {left / 60:.0f} min left"
        )

    def evaluated(self, step: int, score: SelectionScore) -> bool:
        """Note a score; returns whether it is the best so far."""
        self.curve.append({"step": step, "loss": self._mean(), "f1": score.f1})
        self.say(f"step {step}: F1 {score.f1:.2f}, exact match {score.exact_match:.2f}")
        better = score.f1 > self.best
        self.best = max(self.best, score.f1)
        return better

    def _mean(self) -> float:
        return sum(self.losses) / len(self.losses)
