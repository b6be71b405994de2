"""What is reported of an IR: a toy counted by hand, and the published topologies."""

from __future__ import annotations

from pathlib import Path

import pytest

from submission.ir.blocks import Role
from submission.ir.inspect import Inspection, inspect
from submission.ir.report import as_json, as_text, structured_percent
from submission.ir.sparsity import dense_heads
from tests.fitting import assert_fits
from tests.unit.ir.ir import toy_ir, written

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT.parent / "shared" / "published" / "ir"
ROWS = [
    ("bert-99.9_jpqd-large", 100_129_032, 109, 384, 77.74, 77.78),
    ("bert-99_jpqd-large", 87_255_416, 95, 384, 81.98, 82.03),
    ("bert-99_jpqd-base", 65_002_984, 93, 144, 52.20, 52.24),
    ("bert-99_jpqd-mobilebert", 14_120_660, 60, 60, 34.34, 34.47),
]


@pytest.fixture
def toy(tmp_path: Path) -> Inspection:
    return inspect(written(tmp_path, toy_ir().text()))


def test_the_toy_is_counted_as_by_hand(toy: Inspection) -> None:
    (block,) = toy.blocks
    assert (block.heads, block.head_size, dense_heads(block)) == (1, 4, 2)
    assert [linear.outputs for linear in block.of(Role.FFN_IN)] == [5]
    kept, dense = 4 * 4 * 8 + 2 * 5 * 8, 4 * 8 * 8 + 2 * 32 * 8
    assert structured_percent(toy) == pytest.approx(100 * (1 - kept / dense))


def test_operations_are_those_of_its_fixed_length(toy: Inspection) -> None:
    assert toy.operations.length == 6
    assert toy.operations.linear == 4 * 4 * 8 + 2 * 5 * 8
    assert toy.operations.attention == 2 * 4 * 6


def test_shapes_are_no_weights(toy: Inspection) -> None:
    assert toy.weights == toy.integer_weights == 4 * 4 * 8 + 2 * 5 * 8
    assert toy.integer_share == 1.0


def test_the_bin_is_measured_if_it_is_there(tmp_path: Path) -> None:
    net = toy_ir()
    xml = written(tmp_path, net.text())
    assert inspect(xml).bin_bytes is None
    xml.with_suffix(".bin").write_bytes(bytes(net.bytes))
    assert inspect(xml).bin_bytes == inspect(xml).constant_bytes == net.bytes


def test_the_text_names_the_definition_that_was_published(toy: Inspection) -> None:
    text = as_text(toy, published_percent=72.9)
    assert "0      1 of 2      5 of 32         208" in text
    assert "72.92 %  attention and FFN weights of the blocks  = published" in text
    assert "none of these gives it" in as_text(toy, published_percent=12.3)


def test_the_json_fits_its_schema(toy: Inspection) -> None:
    assert_fits(as_json(toy), "inspection")


def test_an_ir_without_blocks_says_so(tmp_path: Path) -> None:
    text = toy_ir().text().replace("layer.0", "part")
    found = inspect(written(tmp_path, text))
    assert (found.blocks, found.sparsities, structured_percent(found)) == ((), (), None)
    assert "none recognised" in as_text(found)
    assert_fits(as_json(found), "inspection")


def test_the_default_model_is_dense() -> None:
    found = inspect(ROOT / "models" / "minilm-squad" / "parts" / "openvino_model.xml")
    assert [(block.heads, dense_heads(block)) for block in found.blocks] == [(12, 12)] * 6
    assert structured_percent(found) == 0.0
    assert list(found.inputs) == ["input_ids", "attention_mask", "token_type_ids"]
    assert found.integer_share > 0.99


@pytest.mark.slow
@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published topologies are not beside us")
@pytest.mark.parametrize("row", ROWS, ids=[name for name, *_ in ROWS])
def test_the_published_topologies_have_the_published_sparsity(
    row: tuple[str, int, int, int, float, float],
) -> None:
    name, size_bytes, heads, dense, percent, with_biases = row
    found = inspect(PUBLISHED / name / "openvino_model.xml")
    assert found.constant_bytes == size_bytes
    assert sum(block.heads or 0 for block in found.blocks) == heads
    assert sum(dense_heads(block) or 0 for block in found.blocks) == dense
    assert round(structured_percent(found) or 0.0, 2) == percent
    (over_dense,) = [s for s in found.sparsities if s.definition.endswith("over the dense weights")]
    assert round(over_dense.percent, 2) == with_biases
    assert list(found.outputs) == ["start_logits", "end_logits"]
    assert_fits(as_json(found), "inspection")
