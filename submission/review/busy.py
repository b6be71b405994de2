"""How much of this machine others used while runs went on, and whether that explains a rate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from submission.host.busy import NOTABLE, others_share, read_clocks


@dataclass(frozen=True, kw_only=True)
class Others:
    """The shares that others took, run by run."""

    shares: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The largest of a run; 0 where none is known or none is notable."""
        largest = max(self.shares, default=0.0)
        return largest if largest >= NOTABLE else 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note what others took while the block ran."""
        before = read_clocks()
        yield
        after = read_clocks()
        if before and after:
            self.shares.append(others_share(before, after))


def explained(ratio: float, allowed: float, *, share: float, spread: float) -> bool:
    """Whether load and spread can explain that a rate's ``ratio`` to the claimed one is outside.

    Others who took ``share`` of the processors made the run slower by that much at most; the mean
    may be off by twice its ``spread`` (a share of the rate) either way.
    """
    slack = 2 * spread
    if ratio < 1:
        return ratio * (1 + slack) >= (1 - allowed) * (1 - share)
    return ratio * (1 - slack) <= 1 + allowed
