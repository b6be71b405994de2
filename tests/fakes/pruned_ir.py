"""A BERT of one pruned block in the form of the published IRs: INT8 weights, FakeQuantize, ShapeOf.

One of two heads is kept and 5 of 32 neurons. Heads are taken out by a Subtract in the shape of the
reshape, position ids are a constant [1, length]: so stand they in the published files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from openvino.runtime import opset13 as op

LENGTH, VOCABULARY, WIDTH, HEAD, HEADS, FFN = 12, 50, 8, 4, 1, 5
BLOCK = "bert/encoder/layer.0"
NAMES = ("input_ids", "attention_mask", "token_type_ids")
#: constants of equal content would share their bytes, which those of trained models do not
RANDOM = np.random.default_rng(7)


def write_pruned(path: Path, *, length: int = LENGTH, vocabulary: int = VOCABULARY) -> Path:
    """Write the IR and its ``.bin`` to ``path``."""
    ids, mask, segments = (_input(name, length) for name in NAMES)
    positions = op.constant(np.arange(length, dtype=np.int64)[None])
    hidden = op.add(_looked_up("words", vocabulary, ids), _looked_up("types", 2, segments))
    hidden = op.add(_ranged(hidden), _ranged(_looked_up("positions", length, positions)))
    hidden = _normed(hidden)
    hidden = _normed(op.add(_attention(_ranged(hidden), _hidden_mask(mask)), hidden))
    inner = op.gelu(_linear(_ranged(hidden), "intermediate/dense", FFN), "erf")
    hidden = _normed(op.add(_linear(_ranged(inner), "output/dense", WIDTH), hidden))
    logits = _linear(_ranged(hidden), "qa_outputs", 2, prefix="")
    ov.save_model(
        ov.Model(list(_halves(logits)), [ids, mask, segments], "toy"), path, compress_to_fp16=False
    )
    return path


def _input(name: str, length: int) -> Any:
    parameter = op.parameter([1, length], dtype=ov.Type.i64, name=name)
    parameter.output(0).set_names({name})
    return parameter


def _ints(*values: int) -> Any:
    return op.constant(np.array(values, np.int64))


def _weight(rows: int, columns: int, *, per_row: bool = True) -> Any:
    codes = RANDOM.integers(-127, 128, size=(rows, columns), dtype=np.int8)
    scale = RANDOM.random((rows if per_row else 1, 1), np.float32) / 100
    return op.multiply(op.convert(op.constant(codes), "f32"), op.constant(scale))


def _looked_up(name: str, rows: int, ids: Any) -> Any:
    table = _weight(rows, WIDTH, per_row=False)
    return op.gather(table, ids, op.constant(np.int64(0)), name=f"bert/embeddings/{name}/Gather")


def _ranged(tensor: Any) -> Any:
    rank = len(tensor.output(0).partial_shape)
    width = 1 + RANDOM.random()
    ends = [op.constant(np.full([1] * rank, end, np.float32)) for end in (-width, width)]
    return op.fake_quantize(tensor, ends[0], ends[1], ends[0], ends[1], 256)


def _normed(tensor: Any) -> Any:
    gain, bias = (op.constant(RANDOM.random((1, 1, WIDTH), np.float32)) for _ in range(2))
    centred = op.mvn(tensor, _ints(-1), True, 1e-12, "INSIDE_SQRT")
    return op.add(op.multiply(centred, gain), bias)


def _linear(tensor: Any, name: str, rows: int, prefix: str = f"{BLOCK}/") -> Any:
    columns = tensor.output(0).shape[-1]
    product = op.matmul(tensor, _weight(rows, columns), False, True, name=f"{prefix}{name}/MatMul")
    return op.add(op.constant(RANDOM.random((1, 1, rows), np.float32)), product)


def _heads(tensor: Any, name: str, order: tuple[int, ...]) -> Any:
    """[1, length, heads x size] in ``order`` of batch, length, head and size; one head less."""
    shape = op.gather(op.shape_of(tensor), _ints(0, 1), op.constant(np.int64(0)))
    shape = op.concat([shape, _ints(2), _ints(HEAD)], 0)
    shape = op.subtract(shape, _ints(0, 0, 2 - HEADS, 0))
    apart = op.reshape(tensor, shape, True, name=f"{BLOCK}/attention/self/{name}/Reshape")
    return op.transpose(apart, _ints(*order))


def _attention(hidden: Any, mask: Any) -> Any:
    path = "attention/self"
    query, key, value = (
        _linear(hidden, f"{path}/{part}", HEADS * HEAD) for part in ("query", "key", "value")
    )
    queries = _heads(_ranged(query), "query", (0, 2, 1, 3))
    keys = _heads(_ranged(key), "key", (0, 2, 3, 1))
    scale = op.constant(np.full((1, 1, 1, 1), 0.5, np.float32))
    scores = op.matmul(queries, op.multiply(keys, scale), False, False)
    shares = op.softmax(op.add(scores, mask), -1)
    apart = op.reshape(value, _ints(0, 0, HEADS, HEAD), True)
    seen = op.matmul(_ranged(shares), op.transpose(apart, _ints(0, 2, 1, 3)), False, False)
    back = op.transpose(_ranged(seen), _ints(0, 2, 1, 3))
    together = op.reshape(back, _ints(0, 0, HEADS * HEAD), True)
    return _linear(together, "attention/output/dense", WIDTH)


def _hidden_mask(mask: Any) -> Any:
    wide = op.unsqueeze(op.unsqueeze(mask, _ints(1)), _ints(2))
    one, far = (op.constant(np.full((1, 1, 1, 1), n, np.float32)) for n in (1, -10_000))
    return op.multiply(op.subtract(one, op.convert(wide, "f32")), far)


def _halves(logits: Any) -> list[Any]:
    split = op.variadic_split(logits, op.constant(np.int64(-1)), _ints(1, 1))
    results = []
    for port, name in enumerate(("start_logits", "end_logits")):
        half = op.squeeze(split.output(port), _ints(-1))
        half.output(0).set_names({name})
        results.append(op.result(half))
    return results
