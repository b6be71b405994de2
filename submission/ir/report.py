"""An inspection as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from submission.ir.blocks import ATTENTION, Role, TransformerBlock
from submission.ir.graph import DYNAMIC, Port
from submission.ir.inspect import Inspection
from submission.ir.sparsity import STRUCTURED, dense_ffn_width, dense_heads
from submission.terminal import aligned

_MILLION = 1e6


def as_text(found: Inspection, *, published_percent: float | None = None) -> str:
    """The facts, one per line; the blocks as a table; the sparsities by definition."""
    ops = found.operations
    share = f"{found.integer_share:.1%} of {found.weights:,} weights in 8 bits"
    adds = f"{ops.per_token / _MILLION:.1f} million multiply-adds a token at {ops.length} tokens"
    lines = [
        f"model       {found.name or '(no name)'}",
        *(f"input       {_port(name, port)}" for name, port in found.inputs.items()),
        *(f"output      {_port(name, port)}" for name, port in found.outputs.items()),
        f"layers      {sum(found.types.values())}, of them {_most(found.types)}",
        f"quantized   {found.fake_quantize} FakeQuantize, {share}",
        f"size        xml {found.xml_bytes:,} bytes, bin {_bin(found)}",
        f"operations  {adds}",
    ]
    if found.blocks:
        lines += ["", *_table(found.blocks), "", *_sparsity_lines(found, published_percent)]
    else:
        lines.append("blocks      none recognised by the layers' names")
    return "\n".join(lines)


def as_json(found: Inspection) -> dict[str, Any]:
    """The same facts; fits ``inspection.schema.json``."""
    return {
        "version": 1,
        "name": found.name,
        "inputs": {name: _port_json(port) for name, port in found.inputs.items()},
        "outputs": {name: _port_json(port) for name, port in found.outputs.items()},
        "layer_types": dict(found.types),
        "fake_quantize_count": found.fake_quantize,
        "weights": found.weights,
        "int8_share": found.integer_share,
        "xml_bytes": found.xml_bytes,
        "bin_bytes": found.bin_bytes,
        "constant_bytes": found.constant_bytes,
        "multiply_adds_per_token": {
            "length": found.operations.length,
            "linear": found.operations.linear,
            "attention": found.operations.attention,
        },
        "blocks": [_block_json(block) for block in found.blocks],
        "structured_sparsity_percent": structured_percent(found),
        "sparsities": [
            {"definition": s.definition, "kept": s.kept, "dense": s.dense, "percent": s.percent}
            for s in found.sparsities
        ],
    }


def structured_percent(found: Inspection) -> float | None:
    """The sparsity that the published table means; None without blocks."""
    return next((s.percent for s in found.sparsities if s.definition == STRUCTURED), None)


def _port(name: str, port: Port) -> str:
    return f"{name} {port.precision.lower()} {_shape(port)}"


def _shape(port: Port) -> str:
    return "[" + ", ".join("?" if dim == DYNAMIC else str(dim) for dim in port.shape) + "]"


def _port_json(port: Port) -> dict[str, Any]:
    shape = [None if dim == DYNAMIC else dim for dim in port.shape]
    return {"type": port.precision.lower(), "shape": shape}


def _most(types: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in list(types.items())[:5])


def _bin(found: Inspection) -> str:
    if found.bin_bytes is None:
        return f"not there (its constants need {found.constant_bytes:,} bytes)"
    return f"{found.bin_bytes:,} bytes"


def _table(blocks: Iterable[TransformerBlock]) -> list[str]:
    rows = [("block", "heads kept", "FFN width kept", "weights")]
    for block in blocks:
        heads = f"{_known(block.heads)} of {_known(dense_heads(block))}"
        ffns = [f"{w.outputs} of {dense_ffn_width(w)}" for w in block.of(Role.FFN_IN)]
        weights = sum(linear.weights for linear in block.linears)
        rows.append((str(block.number), heads, ", ".join(ffns), f"{weights:,}"))
    return aligned(rows)


def _sparsity_lines(found: Inspection, published_percent: float | None) -> list[str]:
    lines = ["structured sparsity"]
    for sparsity in found.sparsities:
        same = published_percent is not None and _agree(sparsity.percent, published_percent)
        mark = "  = published" if same else ""
        lines.append(f"  {sparsity.percent:6.2f} %  {sparsity.definition}{mark}")
    if published_percent is not None and not any("=" in line for line in lines):
        lines.append(f"  {published_percent:6.2f} %  published; none of these gives it")
    return lines


def _agree(counted: float, published: float) -> bool:
    """Whether both are the same where they are rounded as the published one is."""
    digits = len(repr(float(published)).partition(".")[2])
    return round(counted, digits) == published


def _known(value: int | None) -> str:
    return "?" if value is None else str(value)


def _block_json(block: TransformerBlock) -> dict[str, Any]:
    return {
        "block": block.number,
        "heads": block.heads,
        "heads_dense": dense_heads(block),
        "head_size": block.head_size,
        "ffn": [{"width": w.outputs, "dense": dense_ffn_width(w)} for w in block.of(Role.FFN_IN)],
        "attention_weights": sum(linear.weights for linear in block.of(*ATTENTION)),
        "weights": sum(linear.weights for linear in block.linears),
    }
