"""A hand-made IR of one pruned block, small enough to count by hand."""

from __future__ import annotations

from pathlib import Path

HIDDEN, HEADS, SIZE, FFN, LENGTH = 8, 1, 4, 5, 6


class Writer:
    """Collects layers and edges, and hands out offsets in the ``.bin``."""

    def __init__(self) -> None:
        self.layers: list[str] = []
        self.edges: list[str] = []
        self.bytes = 0

    def layer(self, name: str, kind: str, data: str, shapes: list[str], out: str) -> int:
        number = len(self.layers)
        ports = "".join(
            f'<port id="{i}" precision="FP32">{dims(shape)}</port>'
            for i, shape in enumerate(shapes)
        )
        inputs = f"<input>{ports}</input>" if shapes else ""
        output = f'<output><port id="{len(shapes)}" precision="FP32">{dims(out)}</port></output>'
        head = f'<layer id="{number}" name="{name}" type="{kind}" version="opset1">'
        self.layers.append(f"{head}<data {data}/>{inputs}{output if out else ''}</layer>")
        return number

    def constant(self, name: str, shape: str, kind: str = "i8", item: int = 1) -> int:
        count = item
        for dim in shape.split(","):
            count *= int(dim)
        data = f'element_type="{kind}" shape="{shape}" offset="{self.bytes}" size="{count}"'
        self.bytes += count
        return self.layer(name, "Const", data, [], shape)

    def edge(self, source: int, layer: int, port: int) -> None:
        self.edges.append(
            f'<edge from-layer="{source}" from-port="0" to-layer="{layer}" to-port="{port}"/>'
        )

    def linear(self, source: int, name: str, rows: int, columns: int) -> int:
        weight = self.constant(f"{name}/weight", f"{rows},{columns}")
        convert = self.layer(f"{name}/convert", "Convert", "", [f"{rows},{columns}"], "1,1")
        data = 'transpose_a="false" transpose_b="true"'
        shapes = [f"1,{LENGTH},{columns}", f"{rows},{columns}"]
        matmul = self.layer(f"{name}/MatMul", "MatMul", data, shapes, f"1,{LENGTH},{rows}")
        self.edge(weight, convert, 0)
        self.edge(convert, matmul, 1)
        self.edge(source, matmul, 0)
        return matmul

    def text(self) -> str:
        layers, edges = "".join(self.layers), "".join(self.edges)
        return (
            f'<?xml version="1.0"?><net name="toy" version="11"><layers>{layers}</layers>'
            f"<edges>{edges}</edges></net>"
        )


def dims(shape: str) -> str:
    return "".join(f"<dim>{dim}</dim>" for dim in shape.split(","))


def toy_ir() -> Writer:
    """One of two heads kept, 5 of 32 FFN neurons kept."""
    net = Writer()
    ids = net.layer("input_ids", "Parameter", f'shape="1,{LENGTH}"', [], f"1,{LENGTH}")
    path = "bert/encoder/layer.0"
    width = HEADS * SIZE
    last = ids
    for part in ("query", "key", "value"):
        last = net.linear(ids, f"{path}/attention/self/{part}", width, HIDDEN)
    heads = f"1,{LENGTH},{HEADS},{SIZE}"
    net.layer(f"{path}/attention/self/Reshape", "Reshape", "", [f"1,{LENGTH},{width}"], heads)
    last = net.linear(last, f"{path}/attention/output/dense", HIDDEN, width)
    last = net.linear(last, f"{path}/intermediate/dense", FFN, HIDDEN)
    last = net.linear(last, f"{path}/output/dense", HIDDEN, FFN)
    net.constant("axis", "1", kind="i64", item=8)
    result = net.layer("logits", "Result", "", [f"1,{LENGTH},{HIDDEN}"], "")
    net.edge(last, result, 0)
    return net


def written(folder: Path, text: str) -> Path:
    (folder / "openvino_model.xml").write_text(text)
    return folder / "openvino_model.xml"
