"""The committed dense model: whole, usable at every shape, and not plainly stupid."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import pytest

from submission.artifacts.manifest import Manifest, load_manifest
from submission.squad.dataset import Dataset, Example
from submission.squad.features import make_features
from submission.squad.vocabulary import Vocabulary, load_vocabulary

pytestmark = pytest.mark.slow

MODELS = Path(__file__).resolve().parents[3] / "models"
FOLDER = MODELS / "minilm-squad"
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
LARGEST_PART_BYTES = 8 << 20
CONTEXT = (
    "The lighthouse was built in 1846 by Anna Berg, an engineer from Oslo. It is painted red "
    "and stands on a small island."
)
Window = dict[str, Any]


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return load_manifest(FOLDER)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load_vocabulary(MODELS / "squad-mini" / "vocab.txt")


@pytest.fixture(scope="module")
def ir(manifest: Manifest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ir")
    for file in manifest.files:
        whole = b"".join((FOLDER / "parts" / part.name).read_bytes() for part in file.parts)
        (folder / file.name).write_bytes(whole)
    return folder / "openvino_model.xml"


def compiled(ir: Path, *, batch: int, length: int) -> Any:
    core = openvino.Core()
    model = core.read_model(ir)
    model.reshape({name: [batch, length] for name in INPUTS})
    one_thread = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    return core.compile_model(model, "CPU", one_thread)


@pytest.fixture(scope="module")
def short(ir: Path) -> Any:
    return compiled(ir, batch=1, length=64)


def window(vocabulary: Vocabulary, question: str, *, batch: int, length: int) -> Window:
    """The same padded window in every row: int64 [batch, length] each."""
    example = Example(qid="q", question=question, context=CONTEXT, answers=())
    features = make_features(Dataset(examples=(example,), sha256=""), vocabulary)
    rows = {name: np.zeros((batch, length), np.int64) for name in INPUTS}
    size = int(features.lengths[0])
    rows["input_ids"][:, :size] = features.tokens
    rows["attention_mask"][:, :size] = 1
    rows["token_type_ids"][:, features.segment_starts[0] : size] = 1
    return rows


def answer(vocabulary: Vocabulary, row: Window, logits: Any) -> str:
    """The tokens of the likeliest span within the context."""
    in_context = row["token_type_ids"][0] == 1
    scores = np.where(in_context[:, None], logits, -1e4)
    first = int(scores[:, 0].argmax())
    last = first + int(scores[first:, 1].argmax())
    tokens = [vocabulary.tokens[n] for n in row["input_ids"][0][first : last + 1]]
    return " ".join(tokens).replace(" ##", "")


def test_every_part_is_small_and_as_promised(manifest: Manifest) -> None:
    for _, part in manifest.parts():
        content = (FOLDER / "parts" / part.name).read_bytes()
        assert len(content) == part.size_bytes
        assert len(content) <= LARGEST_PART_BYTES
        assert hashlib.sha256(content).hexdigest() == part.checksums.sha256


def test_the_joined_files_are_as_promised(manifest: Manifest, ir: Path) -> None:
    for file in manifest.files:
        content = (ir.parent / file.name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file.checksums.sha256


def test_no_part_lies_about_that_the_manifest_does_not_name(manifest: Manifest) -> None:
    named = {part.name for _, part in manifest.parts()}
    assert {path.name for path in (FOLDER / "parts").iterdir()} == named


def test_the_manifest_names_the_inputs_and_the_output_of_the_ir(ir: Path) -> None:
    manifest = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    model = openvino.Core().read_model(ir)
    assert {i.any_name for i in model.inputs} == set(manifest["inputs"].values())
    assert [o.any_name for o in model.outputs] == list(manifest["outputs"])
    assert model.output("logits").get_element_type() == openvino.Type.f32


def test_batch_and_length_of_the_ir_are_free(ir: Path) -> None:
    model = openvino.Core().read_model(ir)
    for tensor in [*model.inputs, model.output("logits")]:
        assert tensor.get_partial_shape()[0].is_dynamic
        assert tensor.get_partial_shape()[1].is_dynamic


def test_the_ir_holds_no_path_of_the_machine_that_made_it(ir: Path) -> None:
    values = re.findall(r'"([^"]*)"', ir.read_text(encoding="utf-8"))
    assert not [value for value in values if value.startswith("/") or ":\\" in value]


@pytest.mark.parametrize(("batch", "length"), [(1, 64), (1, 384), (4, 128)])
def test_padding_changes_no_logit_of_a_real_token(
    ir: Path, vocabulary: Vocabulary, batch: int, length: int
) -> None:
    row = window(vocabulary, "Who built the lighthouse?", batch=batch, length=length)
    size = int(row["attention_mask"][0].sum())
    unpadded = {name: values[:1, :size] for name, values in row.items()}
    want = compiled(ir, batch=1, length=size)(unpadded)["logits"][0]
    found = compiled(ir, batch=batch, length=length)(row)["logits"]
    assert found.shape == (batch, length, 2)
    np.testing.assert_allclose(found[-1, :size], want, atol=0.05)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who built the lighthouse?", "anna berg"),
        ("When was the lighthouse built?", "1846"),
        ("Which colour is the lighthouse?", "red"),
    ],
)
def test_it_answers_obvious_questions(
    short: Any, vocabulary: Vocabulary, question: str, expected: str
) -> None:
    row = window(vocabulary, question, batch=1, length=64)
    logits = short(row)["logits"][0]
    assert answer(vocabulary, row, logits) == expected


def test_weights_leave_room_for_sums_of_16_bits(ir: Path) -> None:
    model = openvino.Core().read_model(ir)
    matmuls = [node for node in model.get_ops() if node.get_type_name() == "MatMul"]
    codes = [weights for node in matmuls if (weights := int8_weights(node)) is not None]
    assert len(codes) == 6 * 6 + 1
    assert all(one.min() >= -64 and one.max() <= 64 for one in codes)


def int8_weights(matmul: Any) -> Any:
    """The INT8 constant behind the second input, if one stands there."""
    node = matmul.input_value(1).get_node()
    while node.get_type_name() in {"Multiply", "Subtract", "Convert"}:
        node = node.input_value(0).get_node()
    is_int8 = node.get_type_name() == "Constant" and node.get_element_type() == openvino.Type.i8
    return node.data if is_int8 else None
