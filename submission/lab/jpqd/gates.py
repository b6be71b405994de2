"""Which heads and FFN neurons stay: scores that move with training, and a mask that follows them.

A structure's output is multiplied by its mask m in {0, 1}. Its score S takes the gradient of m
straight through (Sanh et al. 2020, eq. 3: S moves against dL/dW * W, here summed over the
structure's weights: dL/dm). The mask keeps the structures with the highest scores; what is to go
is counted in weights, and grows by a cubic law (Zhu and Gupta 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


class _StraightThrough(torch.autograd.Function):
    """1 where a score is above the threshold; its gradient is the mask's own."""

    @staticmethod
    def forward(_ctx: Any, score: Tensor, threshold: Tensor) -> Tensor:
        return (score > threshold).to(score.dtype)

    @staticmethod
    def backward(_ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        return grads[0], None


class Gate(nn.Module):
    """Masks ``count`` structures of ``width`` values each: input [..., count * width]."""

    threshold: Tensor

    def __init__(self, count: int, *, width: int, weights: int, least: int, multiple: int) -> None:
        super().__init__()
        self.count, self.width, self.weights = count, width, weights
        self.least, self.multiple = least, multiple
        self.score = nn.Parameter(torch.zeros(count))
        self.register_buffer("threshold", torch.full((count,), -torch.inf))

    def forward(self, values: Tensor) -> Tensor:
        """The values, those of structures that are off as 0."""
        mask = _StraightThrough.apply(self.score, self.threshold)
        whole = mask if self.width == 1 else mask.repeat_interleave(self.width)
        return values * whole

    @torch.no_grad()
    def kept(self) -> Tensor:
        """Indices of the structures that are on, ascending: int64 [n]."""
        return torch.nonzero(self.score > self.threshold).flatten()

    @torch.no_grad()
    def keep(self, count: int) -> None:
        """Let the threshold leave the ``count`` highest scores, as many as may be at least."""
        rounded = -(-count // self.multiple) * self.multiple
        count = min(self.count, max(rounded, self.least))
        order = torch.argsort(self.score, descending=True, stable=True)
        if count == self.count:
            self.threshold.fill_(-torch.inf)
            return
        limit = self.score[order[count]]
        self.threshold.fill_(limit)
        level = order[:count][self.score[order[:count]] <= limit]
        self.threshold[level] = -torch.inf  # of equal scores the first ones stay


def kept_share(gates: Sequence[Gate]) -> float:
    """Weights of structures that are on over all weights of the gated layers."""
    kept = sum(len(gate.kept()) * gate.weights for gate in gates)
    return kept / sum(gate.count * gate.weights for gate in gates)


def cubic(step: int, *, begin: int, end: int) -> float:
    """0 until ``begin``, 1 from ``end`` on, 1 - (1 - x)^3 between (Zhu and Gupta 2017)."""
    if step >= end:
        return 1.0
    return 1.0 - (1.0 - max(0.0, (step - begin) / max(1, end - begin))) ** 3


@torch.no_grad()
def prune_to(gates: Sequence[Gate], sparsity: float) -> None:
    """Switch off the structures of lowest score until at least ``sparsity`` of the weights is gone.

    Widths that are rounded up leave more than was asked for; then more is asked for.
    """
    asked = sparsity
    _switch_off(gates, asked)
    while (left := kept_share(gates) - (1.0 - sparsity)) > 0 and asked < 1.0:
        asked = min(1.0, asked + left)
        _switch_off(gates, asked)


def _switch_off(gates: Sequence[Gate], sparsity: float) -> None:
    scores = torch.cat([gate.score.cpu() for gate in gates])
    weights = torch.cat([torch.full((gate.count,), float(gate.weights)) for gate in gates])
    owner = torch.cat([torch.full((gate.count,), place) for place, gate in enumerate(gates)])
    order = torch.argsort(scores, stable=True)
    gone = torch.cumsum(weights[order], 0) <= sparsity * weights.sum()
    lost = torch.bincount(owner[order[gone]], minlength=len(gates))
    for gate, off in zip(gates, lost.tolist(), strict=True):
        gate.keep(gate.count - off)


@torch.no_grad()
def prune_below(gates: Sequence[Gate], *, share: float) -> None:
    """Switch off what regularization has driven below 0, the knob of the published models.

    Before ``share`` reaches 1 the limit lies between the lowest score and 0, and rises to it.
    """
    limit = (1.0 - share) * min(0.0, *(float(gate.score.min()) for gate in gates))
    for gate in gates:
        gate.keep(int((gate.score >= limit).sum()))


def regularization(gates: Sequence[Gate]) -> Tensor:
    """Mean of sigmoid(S), weighted by weights (Lagunas et al. 2021, section 3.2)."""
    total = sum(gate.count * gate.weights for gate in gates)
    return (
        torch.stack([torch.sigmoid(gate.score).sum() * gate.weights for gate in gates]).sum()
        / total
    )


@torch.no_grad()
def start_scores(gates: Sequence[Gate], importance: Sequence[Tensor]) -> None:
    """Scores to begin with: the log of importance a weight, centred, with spread 1.

    ``importance``: for each gate the mean square of dL/dm (a diagonal Fisher estimate, Kwon et al.
    2022). Thousands of steps could rank structures from equal scores; a few hundred cannot.
    """
    raw = [
        torch.log(values / gate.weights + 1e-20)
        for gate, values in zip(gates, importance, strict=True)
    ]
    every = torch.cat(raw)
    for gate, values in zip(gates, raw, strict=True):
        gate.score.copy_((values - every.mean()) / (every.std() + 1e-12))
