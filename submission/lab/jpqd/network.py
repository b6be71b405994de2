"""A transformers BERT or MobileBERT with gates at its structures and 8-bit matrix products."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForQuestionAnswering
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, eager_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from submission.errors import UsageError, words_of
from submission.lab.jpqd.gates import Gate
from submission.lab.jpqd.quantizers import (
    FULL_RANGE,
    HALF_RANGE,
    ActivationQuantizer,
    QuantizedLinear,
)

ATTENTION = "jpqd"
CLASSES = ("bert", "mobilebert")


@dataclass(frozen=True, kw_only=True)
class Site:
    """A group of structures: where its gate is, and the layers that shrink with it.

    ``rows`` lose output rows, ``columns`` lose input columns.
    """

    name: str
    gate: Gate
    rows: tuple[tuple[nn.Module, str], ...]
    columns: tuple[nn.Module, str]
    attention: nn.Module | None


def read_network(folder: Path, *, first_layers: int | None = None, seed: int = 0) -> Any:
    """The float model of a folder (config.json, weights); raises UsageError if it is none.

    ``first_layers``: blocks to take, all by default; ``seed`` of the head where the file has none.
    """
    torch.manual_seed(seed)
    try:
        network = AutoModelForQuestionAnswering.from_pretrained(
            str(folder), dtype=torch.float32, local_files_only=True
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(
            "the model to start from cannot be read",
            detail=f"{folder}: {words_of(error)}",
            hint="name a folder of config.json and model.safetensors of a BERT or MobileBERT",
        ) from error
    if network.config.model_type not in CLASSES:
        raise UsageError(
            "this class of model cannot be pruned",
            detail=f"{folder}: model_type {network.config.model_type!r}",
            hint=f"one of {', '.join(CLASSES)}",
        )
    if first_layers is not None:
        shorten(network, first_layers)
    return network


def shorten(network: Any, count: int) -> None:
    """Keep the first ``count`` blocks; raises UsageError if there are fewer."""
    found = len(layers(network))
    if not 0 < count <= found:
        raise UsageError(
            "the model has fewer blocks",
            detail=f"first_layers is {count}, the model has {found} blocks",
            hint="set first_layers of the configuration to a number of blocks that it has",
        )
    network.base_model.encoder.layer = network.base_model.encoder.layer[:count]
    network.config.num_hidden_layers = count


def new_network(config: dict[str, Any]) -> Any:
    """A model of a transformers configuration with weights at random, by torch's seed."""
    return AutoModelForQuestionAnswering.from_config(AutoConfig.for_model(**config))


def set_dropout(network: nn.Module, share: float) -> None:
    """Give every dropout layer of the model the same share."""
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = share


def layers(network: Any) -> list[Any]:
    return list(network.base_model.encoder.layer)


def quantize(network: Any, *, percentile: float, half_range: bool) -> None:
    """Give every linear layer of the encoder 8-bit weights and input; queries and keys too."""
    limit = HALF_RANGE if half_range else FULL_RANGE
    for layer in layers(network):
        attention = layer.attention.self
        for module in list(layer.modules()):
            for child, plain in list(module.named_children()):
                if type(plain) is nn.Linear:
                    source = ActivationQuantizer(percentile=percentile)
                    setattr(module, child, QuantizedLinear(plain, source, limit=limit))
        if network.config.model_type == "bert":  # one input, one range, one rounding
            attention.key.source = attention.value.source = attention.query.source
        else:
            attention.key.source = attention.query.source
        attention.query_rounding = ActivationQuantizer(symmetric=True, percentile=percentile)
        attention.key_rounding = ActivationQuantizer(symmetric=True, percentile=percentile)
    network.set_attn_implementation(ATTENTION)


def attend(  # noqa: PLR0917 (transformers calls it so)
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attention with 8-bit queries and keys; values and probabilities stay float.

    query, key, value [batch, heads, length, size]; gives [batch, length, heads, size].
    """
    query, key = module.query_rounding(query), module.key_rounding(key)
    scores = torch.matmul(query, key.transpose(2, 3)) * scaling
    if attention_mask is not None:
        scores = scores + attention_mask
    weights = nn.functional.dropout(scores.softmax(-1), p=dropout, training=module.training)
    return torch.matmul(weights.to(value.dtype), value).transpose(1, 2).contiguous(), None


ALL_ATTENTION_FUNCTIONS.register(ATTENTION, attend)
# without a function for the mask, transformers gives attention none, and padding is read as text
ALL_MASK_ATTENTION_FUNCTIONS.register(ATTENTION, eager_mask)


def add_gates(network: Any, *, heads: bool, multiple: int) -> list[Site]:
    """Put a gate before each attention output and each FFN's second layer; all of them open."""
    sites = []
    for number, layer in enumerate(layers(network)):
        if heads:
            sites.append(_heads(f"layer {number} heads", layer.attention))
        pairs = [(f"layer {number} FFN", layer.intermediate, layer.output)]
        for place, ffn in enumerate(getattr(layer, "ffn", ())):
            pairs.append((f"layer {number} FFN {place}", ffn.intermediate, ffn.output))
        sites += [_neurons(name, up, down, multiple) for name, up, down in pairs]
    return sites


def _heads(name: str, attention: Any) -> Site:
    own = attention.self
    size, out = own.attention_head_size, attention.output.dense.out_features
    weights = size * (own.query.in_features + own.key.in_features + own.value.in_features + out)
    gate = Gate(own.num_attention_heads, width=size, weights=weights, least=1, multiple=1)
    _gate_input(attention.output, gate)
    return Site(
        name=name,
        gate=gate,
        rows=((own, "query"), (own, "key"), (own, "value")),
        columns=(attention.output, "dense"),
        attention=own,
    )


def _neurons(name: str, up: Any, down: Any, multiple: int) -> Site:
    weights = up.dense.in_features + down.dense.out_features
    gate = Gate(up.dense.out_features, width=1, weights=weights, least=multiple, multiple=multiple)
    _gate_input(down, gate)
    return Site(
        name=name, gate=gate, rows=((up, "dense"),), columns=(down, "dense"), attention=None
    )


def _gate_input(module: nn.Module, gate: Gate) -> None:
    """The gate becomes a child of the module whose first input it masks."""
    module.gate = gate
    module.gate_hook = module.register_forward_pre_hook(
        lambda own, inputs: (own.gate(inputs[0]), *inputs[1:])
    )


def remove_gate(module: Any) -> None:
    """Take the gate of a module away: its input comes as it is."""
    module.gate_hook.remove()
    del module.gate_hook, module.gate


def gates_of(network: nn.Module) -> Iterator[Gate]:
    """Every gate, in the order of the model."""
    return (module for module in network.modules() if isinstance(module, Gate))
