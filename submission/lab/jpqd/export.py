"""A trained network as OpenVINO IR: small matrices, 8-bit weights, FakeQuantize before them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openvino
import torch
from openvino._offline_transformations import compress_quantize_weights_transformation
from torch import Tensor, nn
from torch.nn import functional

from submission.artifacts.node_names import number_unnamed_nodes
from submission.errors import StageError, words_of
from submission.ir.names import FEATURES
from submission.lab.jpqd.quantizers import FULL_RANGE, QuantizedLinear, table_scales

EXAMPLE_SHAPE = (2, 16)


class _Exported(nn.Module):
    """A linear layer whose weight is a constant on 255 levels, which OpenVINO stores as i8."""

    def __init__(self, layer: QuantizedLinear) -> None:
        super().__init__()
        self.source = layer.source
        self.register_buffer("rounded", layer.rounded().detach())
        self.register_buffer("scale", layer.scales(layer.weight.detach()))
        self.register_buffer("zero", torch.zeros(layer.out_features, dtype=torch.int32))
        self.bias = layer.bias

    def forward(self, values: Tensor) -> Tensor:
        weight = torch.fake_quantize_per_channel_affine(
            self.rounded, self.scale, self.zero, 0, -FULL_RANGE, FULL_RANGE
        )
        return functional.linear(self.source(values), weight, self.bias)


class _RoundedEmbedding(nn.Module):
    """An embedding table of 8 bits a value, with a scale for each row."""

    def __init__(self, table: nn.Embedding) -> None:
        super().__init__()
        weight = table.weight.detach()
        self.register_buffer("weight", weight)
        self.register_buffer("scale", table_scales(weight))
        self.register_buffer("zero", torch.zeros(len(weight), dtype=torch.int32))

    def forward(self, ids: Tensor) -> Tensor:
        weight = torch.fake_quantize_per_channel_affine(
            self.weight, self.scale, self.zero, 0, -FULL_RANGE, FULL_RANGE
        )
        return functional.embedding(ids, weight)


class _Logits(nn.Module):
    """Start and end logits side by side, before transformers splits them."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.base, self.head = network.base_model, network.qa_outputs

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        hidden = self.base(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        )
        logits: Tensor = self.head(hidden.last_hidden_state)
        return logits


def to_openvino(network: Any, *, name: str) -> Any:
    """The network as a model of OpenVINO: int64 [batch, length] inputs, ``logits`` [.., .., 2].

    ``network`` is changed: it is fit for this alone afterwards. Raises StageError if it cannot be
    traced.
    """
    network = network.cpu().eval()
    _replace(network)
    example = {key: torch.ones(EXAMPLE_SHAPE, dtype=torch.int64) for key in FEATURES}
    try:
        with torch.no_grad():
            model = openvino.convert_model(_Logits(network).eval(), example_input=example)
    except RuntimeError as error:
        raise StageError(
            "the trained model cannot be traced into an OpenVINO graph",
            detail=words_of(error),
            hint="use the versions that requirements-train.txt names",
        ) from error
    _check_inputs(model)
    compress_quantize_weights_transformation(model)
    model.output(0).get_tensor().set_names({"logits"})
    model.set_friendly_name(name)
    number_unnamed_nodes(model)
    return model


def _check_inputs(model: Any) -> None:
    """An input that nothing reads means a graph that mistakes padding for text."""
    unread = [port.any_name for port in model.inputs if not port.get_target_inputs()]
    if unread:
        raise StageError(
            "the exported graph does not read all of its inputs",
            detail=f"nothing reads {', '.join(unread)}",
            hint="this is a fault of the export with these versions of transformers and OpenVINO",
        )


def _replace(module: nn.Module) -> None:
    for name, child in list(module.named_children()):
        if isinstance(child, QuantizedLinear):
            setattr(module, name, _Exported(child))
        elif type(child) is nn.Embedding:
            setattr(module, name, _RoundedEmbedding(child))
        else:
            _replace(child)


def save(model: Any, folder: Path) -> None:
    """Write openvino_model.{xml,bin}, the weights first: whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    openvino.save_model(model, folder / "unfinished.xml", compress_to_fp16=False)
    for end in ("bin", "xml"):
        (folder / f"unfinished.{end}").replace(folder / f"openvino_model.{end}")
