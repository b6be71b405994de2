"""Taking structures that are off out of the network: the same answers from smaller matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from submission.lab.jpqd.network import Site, remove_gate
from submission.lab.jpqd.quantizers import QuantizedLinear


def cut(sites: Sequence[Site]) -> dict[str, list[int]]:
    """Remove every structure that is off, then the gates; returns what each site kept."""
    kept = {site.name: site.gate.kept().tolist() for site in sites}
    cut_to(sites, kept)
    return kept


def cut_to(sites: Sequence[Site], kept: Mapping[str, Sequence[int]]) -> None:
    """Leave each site the structures that ``kept`` names, in their order."""
    for site in sites:
        width = site.gate.width
        structures = torch.tensor(
            list(kept[site.name]), dtype=torch.int64, device=site.gate.score.device
        )
        places = (
            structures[:, None] * width + torch.arange(width, device=structures.device)
        ).flatten()
        for owner, name in site.rows:
            setattr(owner, name, _with_rows(getattr(owner, name), places))
        owner, name = site.columns
        setattr(owner, name, _with_columns(getattr(owner, name), places))
        remove_gate(owner)
        if site.attention is not None:
            own: Any = site.attention
            own.num_attention_heads = len(structures)
            own.all_head_size = len(places)


def _with_rows(layer: nn.Linear, places: Tensor) -> nn.Linear:
    bias = None if layer.bias is None else layer.bias[places]
    return _like(layer, layer.weight[places], bias)


def _with_columns(layer: nn.Linear, places: Tensor) -> nn.Linear:
    return _like(layer, layer.weight[:, places], layer.bias)


def _like(layer: nn.Linear, weight: Tensor, bias: Tensor | None) -> nn.Linear:
    plain = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    plain.weight = nn.Parameter(weight.detach().clone())
    if bias is not None:
        plain.bias = nn.Parameter(bias.detach().clone())
    if isinstance(layer, QuantizedLinear):
        rounding = QuantizedLinear(plain, layer.source, limit=layer.limit)
        return rounding.to(weight.device)
    return plain
