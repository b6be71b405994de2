"""The reference comes as ONNX: its IR answers as the ONNX file does, and the stages find it."""

from __future__ import annotations

import hashlib
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from submission.artifacts.manifest import load_manifest
from submission.artifacts.verify import verify
from submission.cli import main
from submission.cli.show import PlainShow
from submission.errors import StageError
from submission.files import read_json, write_json
from submission.ir.compiled import compile_qa
from submission.ir.inspect import inspect
from submission.ir.model import QaModel, read_model
from submission.ir.names import IrFile
from submission.pipeline.plan import Verb, plan
from submission.pipeline.run import run
from submission.pipeline.stage import Stage
from submission.runs.context import Context
from submission.stages.build import profile_stages
from submission.stages.convert import Convert
from submission.stages.fetch import Adopt, Fetch
from submission.terminal import PLAIN
from submission.workspace.resolve import resolve

pytestmark = pytest.mark.slow

onnx = pytest.importorskip("onnx", reason="onnx comes with `make more`")
runtime = pytest.importorskip("onnxruntime", reason="onnxruntime comes with `make more`")

FILE = "bert_large_v1_1_fake_quant.onnx"


@pytest.fixture
def root(tmp_path: Path, repo: Path) -> Path:
    """A checkout whose reference is a small model of the same operators, in a mirror's place."""
    from tests.fakes.quantized_onnx import write_quantized

    root = tmp_path / "checkout"
    for folder in ("models/reference", "measurements/profiles"):
        shutil.copytree(repo / folder, root / folder)
    source = write_quantized(root / "models" / "reference" / FILE)
    value = read_json(root / "models" / "reference" / "manifest.json")
    value["files"][0]["md5"] = hashlib.md5(source.read_bytes()).hexdigest()
    write_json(
        root / "models" / "reference" / "manifest.json", value | {"sources": ["file:{file}"]}
    )
    profile = read_json(root / "measurements" / "profiles" / "jpqd.json")
    profile["benchmarks"] = [b for b in profile["benchmarks"] if b["model"] == "reference"]
    write_json(root / "measurements" / "profiles" / "jpqd.json", profile)
    return root


@pytest.fixture
def context(root: Path) -> Context:
    environment = {"PROFILE": "jpqd", "WORKSPACE": str(root / "out"), "RUNNER": "host"}
    workspace = resolve(root, environment=environment, arguments={})
    return Context(workspace=workspace, connect=pytest.fail)


def converted(root: Path) -> Path:
    """The folder of the IR that the command makes."""
    places = ["--manifests", str(root / "models"), "--workspace", str(root / "out")]
    assert main(["convert-reference", *places]) == 0
    return root / "out" / "models" / "reference"


def converted_model(root: Path) -> QaModel:
    names = load_manifest(root / "models" / "reference").input_names()
    return read_model(IrFile(xml=converted(root) / "openvino_model.xml", inputs=names))


def sample(real: int) -> tuple[np.ndarray, ...]:
    ids, mask, segments = np.zeros((3, 1, 16), np.int64)
    ids[0, :real] = np.random.default_rng(1).integers(1, 40, real)
    mask[0, :real], segments[0, real // 2 : real] = 1, 1
    return ids, mask, segments


def quiet() -> PlainShow:
    return PlainShow(StringIO(), PLAIN)


def onnx_session(path: Path) -> Any:
    """ONNX Runtime as the file says: its own optimizer moves some codes by one."""
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def test_logits_equal_those_of_onnx_runtime_within_rounding(root: Path) -> None:
    names = load_manifest(root / "models" / "reference").input_names()
    session = onnx_session(root / "models" / "reference" / FILE)
    qa = converted_model(root)
    compiled = compile_qa(qa, qa.at(16))
    for real in (16, 9, 3):
        rows = sample(real)
        wanted = session.run(None, dict(zip(names.values(), rows, strict=True)))
        assert np.std(wanted) > 0.1
        np.testing.assert_allclose(compiled.answer(rows), np.stack(wanted, -1), atol=1e-5)


def test_the_ir_keeps_names_and_stores_weights_in_8_bits(root: Path) -> None:
    found = inspect(converted(root) / "openvino_model.xml")
    assert list(found.inputs) == ["input_ids", "input_mask", "segment_ids"]
    assert list(found.outputs) == ["output_start_logits", "output_end_logits"]
    assert {linear.element_type for linear in found.linears} == {"i8"}
    assert found.fake_quantize > 0


def test_the_ir_runs_at_shorter_lengths(root: Path) -> None:
    qa = converted_model(root)
    full, short = (
        compile_qa(qa, qa.at(length)).answer([row[:, :length] for row in sample(9)])
        for length in (16, 10)
    )
    assert (full[0, :9] == short[0, :9]).all()


def test_the_manifest_says_what_the_ir_was_made_of(root: Path) -> None:
    folder = converted(root)
    manifest = load_manifest(folder)
    digest = hashlib.sha256((root / "models" / "reference" / FILE).read_bytes()).hexdigest()
    assert manifest.origin.endswith(f"converted to OpenVINO IR from {FILE}, sha256 {digest}")
    assert [file.name for file in manifest.files] == ["openvino_model.xml", "openvino_model.bin"]
    assert verify(manifest, folder) == []


def test_fetched_and_converted_files_are_verified(root: Path) -> None:
    folder = converted(root)
    places = ["--manifests", str(root / "models"), "--workspace", str(root / "out")]
    assert main(["verify-models", "reference", *places]) == 0
    (folder / "openvino_model.bin").write_bytes(b"")
    assert main(["verify-models", "reference", *places]) == 1


def test_the_profile_fetches_and_converts_by_itself(context: Context) -> None:
    stages = profile_stages(context)[:2]
    assert [stage.name for stage in stages] == ["fetch[reference]", "convert[reference]"]
    assert not run(stages, context.stamps, quiet()).failures
    assert [action.verb for action in plan(stages, context.stamps)] == [Verb.SKIP, Verb.SKIP]
    assert context.manifest("reference").role("topology").name == "openvino_model.xml"
    for _, part in context.manifest("reference").parts():
        assert (
            context.tree_parts_folder("reference") / part.name
        ).stat().st_size == part.size_bytes


def test_a_changed_onnx_file_is_converted_again(context: Context) -> None:
    stages: list[Stage] = [
        Fetch(context, subject="reference"),
        Convert(context, subject="reference"),
    ]
    run(stages, context.stamps, quiet())
    (context.workspace.parts_folder("reference") / FILE).write_bytes(b"")
    assert [action.verb for action in plan(stages, context.stamps)] == [Verb.RERUN, Verb.RERUN]


def test_the_folder_of_the_ir_may_be_given_as_ones_own(context: Context, root: Path) -> None:
    given = {"PROFILE": "jpqd", "BERT_MODEL_DIR": str(converted(root).parent)}
    workspace = {"WORKSPACE": str(root / "other")}
    resolved = resolve(root, environment={**given, **workspace}, arguments={})
    own = Context(workspace=resolved, connect=pytest.fail)
    run([Adopt(own, subject="reference")], own.stamps, quiet())
    assert (own.tree_parts_folder("reference") / "openvino_model.bin").is_file()
    (converted(root) / "manifest.json").unlink()
    with pytest.raises(StageError, match="no manifest of an IR"):
        Adopt(own, subject="reference").run(quiet())


@pytest.mark.parametrize("content", [b"", b"no model"])
def test_a_file_that_is_no_onnx_model_is_named(content: bytes, context: Context) -> None:
    context.workspace.parts_folder("reference").mkdir(parents=True)
    (context.workspace.parts_folder("reference") / FILE).write_bytes(content)
    with pytest.raises(StageError, match=f"{FILE} cannot be converted"):
        Convert(context, subject="reference").run(quiet())
    assert not context.workspace.model_folder("reference").exists()


def test_other_inputs_than_the_manifests_are_named(root: Path, context: Context) -> None:
    path = root / "models" / "reference" / "manifest.json"
    value = read_json(path)
    value["inputs"]["attention_mask"] = "mask"
    write_json(path, value)
    context.workspace.parts_folder("reference").mkdir(parents=True)
    shutil.copy(path.with_name(FILE), context.workspace.parts_folder("reference"))
    with pytest.raises(StageError, match="is not the model that its manifest describes") as stop:
        Convert(context, subject="reference").run(quiet())
    assert "input_mask" in stop.value.detail
