"""What one step of training does to the network: gradients, and the optimizer that follows them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from submission.errors import StageError
from submission.lab.jpqd.config import JpqdConfig
from submission.lab.jpqd.gates import Gate, regularization
from submission.lab.jpqd.network import gates_of
from submission.lab.jpqd.objective import Shares, loss
from submission.lab.jpqd.quantizers import float_only
from submission.lab.jpqd.ranks import Ranks
from submission.lab.jpqd.selection import Logits
from submission.lab.jpqd.windows import Batch, TrainingWindow, collate, longest

GRADIENT_NORM = 1.0
RANK_SEED = 1_000_003  # apart by more than there are steps, so that no two draw alike


class Learner:
    """A network, its teacher and the optimizer; the caller brings the batches."""

    def __init__(
        self, config: JpqdConfig, *, network: Any, teacher: Any, device: torch.device, ranks: Ranks
    ) -> None:
        self._config, self._device, self._ranks = config, device, ranks
        self.network = network.to(device)
        self._teacher = None if teacher is None else teacher.to(device).eval()
        self.optimizer = self.new_optimizer()

    def new_optimizer(self) -> torch.optim.AdamW:
        """AdamW over what the network is made of now: no decay of vectors, nor of scores."""
        config = self._config
        weights = self._weights()
        groups = [
            {"params": [p for p in weights if p.ndim > 1], "weight_decay": config.weight_decay},
            {"params": [p for p in weights if p.ndim <= 1], "weight_decay": 0.0},
        ]
        for group in groups:
            group["peak"] = config.learning_rate
        scores = [gate.score for gate in self._gates()]
        if scores:
            rate = config.pruning.score_rate
            groups.append({"params": scores, "weight_decay": 0.0, "peak": rate})
        return torch.optim.AdamW(groups, lr=config.learning_rate)

    def step(
        self, number: int, windows: Sequence[TrainingWindow], *, rate: float, factor: float
    ) -> float:
        """Learn from one batch; returns its loss.

        ``rate``: share of the learning rates; ``factor`` of the scores' regularization. Raises
        StageError, before a weight has changed, for a loss or a gradient that is no number.
        """
        # dropout is the same, however a run was stopped
        torch.manual_seed(self._config.seed + number + RANK_SEED * self._ranks.rank)
        self.network.train()
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * rate
        self.optimizer.zero_grad()
        value = self._gradients(windows, factor)
        self._ranks.add_gradients(p for p in self.network.parameters() if p.requires_grad)
        norm = torch.nn.utils.clip_grad_norm_(self._weights(), GRADIENT_NORM)
        value = self._ranks.add(value, self._device)
        for what, found in (("loss", value), ("gradient", float(norm))):
            _check_finite(what, found, number, rate)
        self.optimizer.step()
        return value

    def _gradients(self, windows: Sequence[TrainingWindow], factor: float) -> float:
        """Those of this process' share, in parts of a size that fits one device."""
        value = 0.0
        for part in parts_of(self._ranks.share(windows), self._config.batch):
            total = self.loss(part, whole=windows)
            total.backward()
            value += float(total.detach())
        if factor and self._ranks.first:
            total = factor * regularization(self._gates())
            total.backward()
            value += float(total.detach())
        return value

    def loss(self, windows: Sequence[TrainingWindow], *, whole: Sequence[TrainingWindow]) -> Tensor:
        """What a part of a batch adds to the loss of the ``whole`` one."""
        # padded as the whole one is: the labels' softmax runs over padding too
        batch = self._tensors(collate(windows, length=longest(whole)))
        teacher = None
        if self._teacher is not None:
            with torch.no_grad():
                teacher = self._forward(self._teacher, batch)
        shares = Shares(
            windows=len(windows) / len(whole),
            tokens=sum(len(row.ids) for row in windows) / sum(len(row.ids) for row in whole),
        )
        answer = self._forward(self.network, batch)
        return loss(answer, teacher, batch, self._config.distillation, shares)

    @torch.no_grad()
    def watch(self, windows: Sequence[TrainingWindow]) -> None:
        """Let a batch pass, for those who observe it."""
        self._forward(self.network, self._tensors(collate(windows)))

    @torch.no_grad()
    def answer(self, batch: Batch) -> Logits:
        """Start and end logits, each float32 [batch, length]."""
        answer = self._forward(self.network, self._tensors(batch))
        return answer.start_logits.float().cpu().numpy(), answer.end_logits.float().cpu().numpy()

    @torch.no_grad()
    def float_logits(self, windows: Sequence[TrainingWindow]) -> Tensor:
        """Logits without rounding, 0 at padding: float32 [2, batch, length]."""
        batch = self._tensors(collate(windows))
        self.network.eval()
        with float_only(self.network):
            answer = self.network(**_inputs(batch))
        return torch.stack([answer.start_logits, answer.end_logits]) * batch.attention_mask

    def _forward(self, network: Any, batch: Any) -> Any:
        kind = self._config.autocast
        dtype = torch.bfloat16 if kind is None else getattr(torch, kind)
        hidden = bool(self._config.distillation.hidden)
        with torch.autocast(self._device.type, dtype=dtype, enabled=kind is not None):
            return network(**_inputs(batch), output_hidden_states=hidden)

    def _tensors(self, batch: Batch) -> Any:
        tensors = {name: torch.from_numpy(value) for name, value in vars(batch).items()}
        return SimpleNamespace(**{name: t.to(self._device) for name, t in tensors.items()})

    def _gates(self) -> list[Gate]:
        return list(gates_of(self.network))

    def _weights(self) -> list[torch.nn.Parameter]:
        scores = {id(gate.score) for gate in self._gates()}
        return [p for p in self.network.parameters() if p.requires_grad and id(p) not in scores]


def _check_finite(what: str, found: float, number: int, rate: float) -> None:
    if not math.isfinite(found):
        raise StageError(
            f"the {what} is not a number at step {number + 1}",
            detail=f"it is {found}; the learning rate was {rate:.3g} of its peak",
            hint="lower learning_rate; --adopt resumes from the last state with it",
        )


def parts_of(rows: Sequence[TrainingWindow], size: int) -> Iterator[Sequence[TrainingWindow]]:
    """The rows in parts of at most ``size``."""
    return (rows[begin : begin + size] for begin in range(0, len(rows), size))


def _inputs(batch: Any) -> dict[str, Tensor]:
    names = ("input_ids", "attention_mask", "token_type_ids")
    return {name: getattr(batch, name) for name in names}
