"""What is minimized: the teacher's logits, its hidden states, and the labels.

Hinton et al. 2015 (logits at a temperature T, weighted by T^2); Jiao et al. 2020, "TinyBERT",
eq. 8 (mean square between hidden states, layer by layer, where both are of one width).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from submission.lab.jpqd.config import Distillation

OUTSIDE = -1e4  # a logit that no softmax sees, and that bfloat16 still holds


@dataclass(frozen=True, kw_only=True)
class Shares:
    """What a part of a batch is of the whole one; the parts' losses then add up to its loss."""

    windows: float = 1.0
    tokens: float = 1.0


WHOLE = Shares()


def labels_loss(answer: Any, first: Tensor, last: Tensor) -> Tensor:
    """Mean cross entropy of the answer's first and last token; first, last int64 [batch]."""
    start = functional.cross_entropy(answer.start_logits.float(), first)
    return (start + functional.cross_entropy(answer.end_logits.float(), last)) / 2


def logits_loss(answer: Any, teacher: Any, mask: Tensor, temperature: float) -> Tensor:
    """Divergence from the teacher's distributions over real tokens; mask [batch, length]."""
    total = torch.zeros(())
    for name in ("start_logits", "end_logits"):
        own, wanted = (_masked(getattr(side, name), mask) for side in (answer, teacher))
        total = total + functional.kl_div(
            functional.log_softmax(own / temperature, -1),
            functional.log_softmax(wanted / temperature, -1),
            reduction="batchmean",
            log_target=True,
        )
    return total * temperature**2 / 2


def hidden_loss(answer: Any, teacher: Any, mask: Tensor) -> Tensor:
    """Mean square between the states after each block, over real tokens."""
    share = mask.unsqueeze(-1).float()
    values = mask.sum() * answer.hidden_states[0].shape[-1]
    pairs = list(zip(answer.hidden_states, teacher.hidden_states, strict=True))[1:]
    squares = [((own.float() - wanted.float()) ** 2 * share).sum() for own, wanted in pairs]
    return torch.stack(squares).sum() / (values * len(squares))


def loss(
    answer: Any, teacher: Any, batch: Any, distillation: Distillation, shares: Shares = WHOLE
) -> Tensor:
    """The whole of it for a batch of tensors, or for a part; the labels alone without a teacher."""
    total = labels_loss(answer, batch.first, batch.last)
    weight = 0.0 if teacher is None else distillation.weight
    if weight:
        soft = logits_loss(answer, teacher, batch.attention_mask, distillation.temperature)
        total = (1 - weight) * total + weight * soft
    total = total * shares.windows
    if teacher is not None and distillation.hidden:
        states = hidden_loss(answer, teacher, batch.attention_mask)
        total = total + distillation.hidden * shares.tokens * states
    return total


def _masked(logits: Tensor, mask: Tensor) -> Tensor:
    return logits.float().masked_fill(mask == 0, OUTSIDE)
