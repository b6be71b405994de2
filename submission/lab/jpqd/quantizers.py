"""Rounding to 8 bits in the forward pass, so that training learns with it.

Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-
Only Inference": activations by an affine range for each tensor, weights symmetric for each output
channel; the gradient passes straight through where nothing is cut off.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

ACTIVATION_LEVELS = 255
FULL_RANGE = 127
HALF_RANGE = 63  # products of u8 and i8 in pairs stay within 16 bits on CPUs without VNNI


class ActivationQuantizer(nn.Module):
    """u8 of an affine range, or i8 of a symmetric one; a range is observed, then kept."""

    scale: Tensor
    zero: Tensor

    def __init__(self, *, symmetric: bool = False, percentile: float = 0.0001) -> None:
        super().__init__()
        self.symmetric, self.percentile = symmetric, percentile
        self.observing = False
        self.enabled = True
        self.register_buffer("scale", torch.tensor(0.0))
        self.register_buffer("zero", torch.tensor(0, dtype=torch.int32))
        self._seen: list[tuple[float, float]] = []
        self.ready = False  # whether a range is known; asked of the tensor, a GPU would wait
        self.register_load_state_dict_post_hook(_know)

    def forward(self, values: Tensor) -> Tensor:
        """The values on their grid; as they are while a range is observed or none is known."""
        if self.observing:
            self._observe(values)
            return values
        if not self.enabled or not self.ready:
            return values
        lowest, highest = (-128, 127) if self.symmetric else (0, ACTIVATION_LEVELS)
        return torch.fake_quantize_per_tensor_affine(
            values.float(), self.scale, self.zero, lowest, highest
        )

    def _observe(self, values: Tensor) -> None:
        flat = values.detach().float().flatten()
        last = flat.numel() - 1
        low = torch.kthvalue(flat, 1 + round(self.percentile * last)).values
        high = torch.kthvalue(flat, 1 + round((1 - self.percentile) * last)).values
        self._seen.append((float(low), float(high)))

    def settle(self) -> None:
        """Take the mean of the observed ranges; 0 is always a point of the grid."""
        low = min(0.0, sum(low for low, _ in self._seen) / len(self._seen))
        high = max(1e-6, sum(high for _, high in self._seen) / len(self._seen))
        self._seen.clear()
        if self.symmetric:
            scale, zero = max(-low, high) / FULL_RANGE, 0
        else:
            scale = (high - low) / ACTIVATION_LEVELS
            zero = round(-low / scale)
        self.scale.fill_(scale)
        self.zero.fill_(zero)
        self.ready = True


def _know(quantizer: nn.Module, _: object) -> None:
    """After values were loaded."""
    quantizer.ready = float(quantizer.scale) > 0


class QuantizedLinear(nn.Linear):
    """A linear layer with 8-bit weights and input; the weight that is trained stays float."""

    def __init__(self, plain: nn.Linear, source: ActivationQuantizer, *, limit: int) -> None:
        super().__init__(plain.in_features, plain.out_features, bias=plain.bias is not None)
        self.load_state_dict(plain.state_dict())
        self.source = source
        self.limit = limit

    def forward(self, values: Tensor) -> Tensor:
        """Values [..., in] to [..., out]."""
        quantized = self.source(values)
        if not self.source.enabled or self.source.observing or not self.source.ready:
            return functional.linear(quantized, self.weight, self.bias)
        return functional.linear(quantized, self.rounded(), self.bias)

    def rounded(self) -> Tensor:
        """The weight on its grid: [out, in]; levels within +-limit, exported as +-127."""
        scale = self.scales(self.weight.detach())
        zeros = torch.zeros_like(scale, dtype=torch.int32)
        return torch.fake_quantize_per_channel_affine(
            self.weight, scale, zeros, 0, -self.limit, self.limit
        )

    def scales(self, weight: Tensor) -> Tensor:
        """Size of a step for each output channel: float32 [out]."""
        return weight.abs().amax(1).clamp_min(1e-8) / self.limit


@torch.no_grad()
def round_table(table: nn.Embedding) -> None:
    """Put an embedding table on its grid: 8 bits a value, a scale for each row."""
    scale = table_scales(table.weight)
    zeros = torch.zeros_like(scale, dtype=torch.int32)
    rounded = torch.fake_quantize_per_channel_affine(
        table.weight, scale, zeros, 0, -FULL_RANGE, FULL_RANGE
    )
    table.weight.copy_(rounded)


def table_scales(weight: Tensor) -> Tensor:
    """Size of a step for each row of a table: float32 [rows]."""
    return weight.abs().amax(1).clamp_min(1e-8) / FULL_RANGE


@contextmanager
def observing(model: nn.Module) -> Iterator[None]:
    """Let every quantizer observe the ranges of its values, and settle them at the end."""
    found = [module for module in model.modules() if isinstance(module, ActivationQuantizer)]
    for quantizer in found:
        quantizer.observing = True
    try:
        yield
    finally:
        for quantizer in found:
            quantizer.observing = False
    for quantizer in found:
        quantizer.settle()


@contextmanager
def float_only(model: nn.Module) -> Iterator[None]:
    """Switch rounding off inside the context."""
    found = [module for module in model.modules() if isinstance(module, ActivationQuantizer)]
    for quantizer in found:
        quantizer.enabled = False
    try:
        yield
    finally:
        for quantizer in found:
            quantizer.enabled = True
