"""A small ONNX model with the inputs and the operators of MLPerf's INT8 BERT-large.

QuantizeLinear and DequantizeLinear stand around the inputs and the float weights of every product
(symmetric, one scale a tensor), as PyTorch exports fake quantization. Weights use half of their
range, so that sums do not saturate on CPUs without VNNI.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LENGTH, VOCABULARY, WIDTH, HEADS, FFN = 16, 40, 8, 2, 24
INPUTS = ("input_ids", "input_mask", "segment_ids")
OUTPUTS = ("output_start_logits", "output_end_logits")


class _Net:
    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.random = np.random.default_rng(11)

    def constant(self, values: np.ndarray | np.generic) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def op(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def weights(self, *shape: int) -> str:
        return self.constant(self.random.normal(size=shape).astype(np.float32) / 3)

    def quantized(self, tensor: str, width: float) -> str:
        scale = self.constant(np.float32(width / 127))
        zero = self.constant(np.int8(0))
        codes = self.op("QuantizeLinear", tensor, scale, zero)
        return self.op("DequantizeLinear", codes, scale, zero)

    def linear(self, tensor: str, rows: int, columns: int) -> str:
        weight = self.op("Transpose", self.quantized(self.weights(columns, rows), 3.0), perm=[1, 0])
        product = self.op("MatMul", self.quantized(tensor, 4.0), weight)
        return self.op("Add", product, self.weights(columns))

    def normed(self, tensor: str) -> str:
        gain = self.constant(np.ones(WIDTH, np.float32))
        mean = self.op("ReduceMean", tensor, axes=[-1])
        centred = self.op("Sub", tensor, mean)
        spread = self.op("ReduceMean", self.op("Mul", centred, centred), axes=[-1])
        root = self.op("Sqrt", self.op("Add", spread, self.constant(np.float32(1e-12))))
        return self.op(
            "Add", self.op("Mul", self.op("Div", centred, root), gain), self.weights(WIDTH)
        )

    def heads(self, tensor: str, perm: list[int]) -> str:
        shape = self.constant(np.array([0, 0, HEADS, WIDTH // HEADS], np.int64))
        return self.op("Transpose", self.op("Reshape", tensor, shape), perm=perm)

    def attention(self, hidden: str, mask: str) -> str:
        query, key, value = (self.linear(hidden, WIDTH, WIDTH) for _ in range(3))
        queries = self.quantized(self.heads(query, [0, 2, 1, 3]), 4.0)
        keys = self.quantized(self.heads(key, [0, 2, 3, 1]), 4.0)
        scores = self.op("Add", self.op("MatMul", queries, keys), mask)
        shares = self.quantized(self.op("Softmax", scores, axis=-1), 1.0)
        values = self.quantized(self.heads(value, [0, 2, 1, 3]), 4.0)
        seen = self.op("Transpose", self.op("MatMul", shares, values), perm=[0, 2, 1, 3])
        shape = self.constant(np.array([0, 0, WIDTH], np.int64))
        return self.linear(self.op("Reshape", seen, shape), WIDTH, WIDTH)


def write_quantized(path: Path, *, length: int = LENGTH, vocabulary: int = VOCABULARY) -> Path:
    """Write the model; inputs int64 [1, length], outputs float32 [1, length]."""
    net = _Net()
    ids, mask, segments = INPUTS
    positions = net.constant(np.arange(length, dtype=np.int64)[None])
    tables = [(net.weights(vocabulary, WIDTH), ids), (net.weights(2, WIDTH), segments)]
    words, types = (net.op("Gather", table, index) for table, index in tables)
    rows = net.op("Gather", net.weights(max(length, 32), WIDTH), positions)
    hidden = net.normed(net.op("Add", net.op("Add", words, types), rows))
    seen = net.op("Cast", net.op("Unsqueeze", mask, axes=[1, 2]), to=TensorProto.FLOAT)
    hidden_mask = net.op(
        "Mul",
        net.op("Sub", net.constant(np.float32(1)), seen),
        net.constant(np.float32(-10_000)),
    )
    hidden = net.normed(net.op("Add", net.attention(hidden, hidden_mask), hidden))
    inner = net.op("Relu", net.linear(hidden, WIDTH, FFN))
    hidden = net.normed(net.op("Add", net.linear(inner, FFN, WIDTH), hidden))
    logits = net.linear(hidden, WIDTH, 2)
    net.nodes.append(helper.make_node("Split", [logits], ["start", "end"], axis=2))
    for half, name in zip(("start", "end"), OUTPUTS, strict=True):
        net.op("Squeeze", half, output=name, axes=[-1])
    graph = helper.make_graph(
        net.nodes,
        "quantized",
        [helper.make_tensor_value_info(n, TensorProto.INT64, [1, length]) for n in INPUTS],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, length]) for n in OUTPUTS],
        net.constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=7)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path
