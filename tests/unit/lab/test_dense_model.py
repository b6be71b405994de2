"""The optional conversion of the dense model, as far as it goes without torch."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import openvino.runtime.opset13 as ops
import pytest

from submission.artifacts.manifest import load_manifest
from submission.artifacts.node_names import number_unnamed_nodes
from submission.cli import main
from submission.errors import StageError, UsageError
from submission.ir.model import core
from submission.ir.names import FEATURES
from submission.lab.dense_model import (
    Window,
    calibration_windows,
    check_shapes,
    check_weight_range,
    read_questions,
    renew_manifest,
    save,
)
from tests.fakes.tiny_model import VOCABULARY, write_model

ROOT = Path(__file__).resolve().parents[3]
VOCAB = ROOT / "models" / "squad-mini" / "vocab.txt"
DATA = ROOT / "models" / "squad-mini" / "mini-v1.1.json"


def silent(_: str) -> None:
    """Nobody looks."""


def arguments(tmp_path: Path) -> list[str]:
    names = ("source", "vocab", "calibration", "output")
    return [word for name in names for word in (f"--{name}", str(tmp_path / name))]


def one_matmul(codes: Any) -> Any:
    """A model that multiplies its input by INT8 weights, as NNCF writes them."""
    data = ops.parameter([1, 2], np.float32)
    weights = ops.multiply(
        ops.convert(ops.constant(np.array(codes, np.int8)), "f32"), np.float32(0.1)
    )
    return openvino.Model([ops.matmul(data, weights, False, False)], [data])


def test_without_torch_it_says_so_in_three_lines(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(["convert-model", *arguments(tmp_path)]) == 2
    what, detail, hint = capsys.readouterr().err.splitlines()
    assert "not installed" in what
    assert "torch" in detail
    assert "[convert]" in hint


def test_help_needs_no_torch(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["convert-model", "--help"])
    assert stop.value.code == 0
    assert "--calibration" in capsys.readouterr().out


def test_the_seed_alone_decides_the_windows() -> None:
    draws = [
        [w["input_ids"].tolist() for w in calibration_windows(DATA, VOCAB, samples=9, seed=s)]
        for s in (1, 1, 2)
    ]
    assert draws[0] == draws[1] != draws[2]
    assert len(draws[0]) == 9


def test_a_calibration_window_is_one_unpadded_row() -> None:
    (window,) = calibration_windows(DATA, VOCAB, samples=1, seed=0)
    shapes = {values.shape for values in window.values()}
    assert len(shapes) == 1
    assert window["attention_mask"].all()
    assert window["token_type_ids"][0, 0] == 0
    assert window["token_type_ids"][0, -1] == 1


@pytest.mark.parametrize("samples", [0, 10**6])
def test_an_impossible_number_of_samples_is_refused(samples: int) -> None:
    with pytest.raises(UsageError, match="number of calibration samples"):
        calibration_windows(DATA, VOCAB, samples=samples, seed=0)


@pytest.mark.parametrize("content", ["", "[]", '{"data": [{}]}', '{"data": [1]}'])
def test_unreadable_calibration_data_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "data.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match="calibration data"):
        read_questions(path)


def test_training_data_of_another_version_are_read(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    content = json.loads(DATA.read_text(encoding="utf-8")) | {"version": "1.0"}
    path.write_text(json.dumps(content), encoding="utf-8")
    assert len(read_questions(path)) == len(read_questions(DATA)) > 0


def windows(count: int = 4, length: int = 384) -> list[Window]:
    """Windows of ids that the tiny model has."""
    ids = np.arange(length, dtype=np.int64)[None] % VOCABULARY
    ones = np.ones_like(ids)
    return [
        {"input_ids": (ids + i) % VOCABULARY, "attention_mask": ones, "token_type_ids": ones}
        for i in range(count)
    ]


def test_a_model_whose_padding_moves_no_logit_passes(tmp_path: Path) -> None:
    said: list[str] = []
    check_shapes(core().read_model(write_model(tmp_path / "model.xml")), windows(), said.append)
    assert len(said) == 3
    assert said[0].startswith("shape [1, 64]: largest difference by padding 0.0e+00")


def test_a_model_whose_padding_moves_logits_is_refused() -> None:
    inputs = [ops.parameter([-1, -1], np.int64, name=name) for name in FEATURES]
    for port, name in zip(inputs, FEATURES, strict=True):
        port.output(0).set_names({name})
    total = ops.add(ops.add(inputs[0], inputs[1]), inputs[2])
    floats = ops.unsqueeze(ops.convert(total, "f32"), ops.constant(np.int64(-1)))
    # a mean over all tokens, padding included
    mean = ops.reduce_mean(floats, ops.constant(np.int64(1)), keep_dims=True)
    logits = ops.multiply(ops.add(floats, mean), ops.constant(np.ones((1, 1, 2), np.float32)))
    logits.output(0).set_names({"logits"})
    model = openvino.Model([ops.result(logits)], inputs)
    with pytest.raises(StageError, match="answers differently when its input is padded"):
        check_shapes(model, windows(), silent)


def test_half_range_weights_pass() -> None:
    check_weight_range(one_matmul([[-63, 64], [1, 2]]), silent)


@pytest.mark.parametrize("codes", [[[65, 0], [0, 0]], [[0, -127], [0, 0]]])
def test_full_range_weights_are_refused(codes: list[list[int]]) -> None:
    with pytest.raises(StageError, match="half of their range"):
        check_weight_range(one_matmul(codes), silent)


def test_a_model_without_int8_weights_does_not_pass_for_safe() -> None:
    data = ops.parameter([1, 2], np.float32)
    plain = openvino.Model([ops.matmul(data, np.eye(2, dtype=np.float32), False, False)], [data])
    with pytest.raises(StageError):
        check_weight_range(plain, silent)


def test_names_do_not_depend_on_what_was_built_before() -> None:
    first, second = one_matmul([[1, 2], [3, 4]]), one_matmul([[1, 2], [3, 4]])
    for model in (first, second):
        number_unnamed_nodes(model)
    names = [[n.get_friendly_name() for n in m.get_ordered_ops()] for m in (first, second)]
    assert names[0] == names[1]


def test_renewing_splits_the_ir_and_keeps_the_words_of_the_manifest(tmp_path: Path) -> None:
    before = {"version": 1, "name": "m", "kind": "model", "licence": "Apache-2.0"}
    before |= {"origin": "ours", "sources": ["file:parts/{file}"]}
    old = {"name": "openvino_model.xml", "bytes": 1}
    (tmp_path / "manifest.json").write_text(json.dumps(before | {"files": [old]}))
    save(one_matmul([[1, 2], [3, 4]]), tmp_path / "ir", silent)
    renew_manifest(tmp_path, tmp_path / "ir")
    after = load_manifest(tmp_path)
    assert (after.origin, after.part_bytes) == ("ours", 8 << 20)
    assert [f.name for f in after.files] == ["openvino_model.xml", "openvino_model.bin"]
    assert all((tmp_path / "parts" / part.name).is_file() for _, part in after.parts())


def test_an_ir_that_cannot_be_written_is_an_expected_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StageError, match="cannot be written"):
        save(one_matmul([[1, 2], [3, 4]]), tmp_path / "file", silent)
