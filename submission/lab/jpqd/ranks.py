"""Several processes that train one network: each takes its share of a batch, gradients are added.

They are started by ``torchrun --nproc-per-node N``; a process that was not is alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
from torch import distributed, nn

PATIENCE = timedelta(hours=2)  # one may evaluate or save while the others wait
Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """The place of this process among ``count``; the first one saves and speaks."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the process that saves and speaks."""
        return self.rank == 0

    def share(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows of this process: every ``count``-th, so that lengths are spread evenly."""
        return rows[self.rank :: self.count]

    def add_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Sum the gradients of all processes, in place; without one a process counts as 0."""
        if self.count == 1:
            return
        changed = list(parameters)
        parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in changed]
        flat = torch.cat([part.flatten() for part in parts])
        distributed.all_reduce(flat)
        pieces = flat.split([part.numel() for part in parts])
        for parameter, piece in zip(changed, pieces, strict=True):
            parameter.grad = piece.view_as(parameter).clone()

    def add(self, value: float, device: torch.device) -> float:
        """The sum of a number over all processes."""
        if self.count == 1:
            return value
        total = torch.tensor([value], device=device)
        distributed.all_reduce(total)
        return float(total)

    def agree(self, network: nn.Module) -> None:
        """Give every process the first one's parameters and buffers, bit by bit."""
        if self.count == 1:
            return
        for values in network.state_dict().values():
            distributed.broadcast(values, 0)

    def wait(self) -> None:
        """Wait for all processes."""
        if self.count > 1:
            distributed.barrier()


ALONE = Ranks()


@contextmanager
def joined() -> Iterator[Ranks]:
    """Join the processes that torch's launcher started, if any."""
    if not distributed.is_available() or not distributed.is_torchelastic_launched():
        yield ALONE
        return
    backend = "gloo"
    if torch.cuda.is_available():
        backend = "nccl"
        torch.cuda.set_device(distributed.get_node_local_rank(fallback_rank=0))
    distributed.init_process_group(backend, timeout=PATIENCE)
    try:
        # all wait until the first has claimed the folder, whose states every process reads
        distributed.barrier()
        yield Ranks(rank=distributed.get_rank(), count=distributed.get_world_size())
    finally:
        distributed.destroy_process_group()


def best_device() -> torch.device:
    """The GPU of this process where there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")
