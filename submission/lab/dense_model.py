"""The kit's dense model: a small BERT becomes an INT8 OpenVINO IR, by a fixed recipe.

Optional: the result is committed. It needs the extra ``convert`` of pyproject.toml. The same
inputs, seed and versions give the same bytes.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from submission.artifacts.manifest import load_manifest
from submission.artifacts.node_names import number_unnamed_nodes
from submission.artifacts.split import split_all
from submission.errors import StageError, UsageError, words_of
from submission.files import read_json, sha256_of
from submission.ir.compiled import compile_qa
from submission.ir.model import checked_model
from submission.ir.names import FEATURES, IrFile
from submission.squad.dataset import Dataset, Example
from submission.squad.features import make_features
from submission.squad.vocabulary import load_vocabulary
from submission.terms import Say

ROLES = {"xml": "topology", "bin": "weights"}
PART_BYTES = 8 << 20
HALF_RANGE = 64  # codes beyond it may saturate a 16-bit sum on CPUs without VNNI
PADDING_TOLERANCE = 1e-3  # float logits are of the order of 10
CHECKED_SHAPES = ((1, 64), (1, 384), (4, 128))

Window = dict[str, npt.NDArray[np.int64]]


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """What is converted by which data, and where the result goes.

    ``source`` holds config.json and model.safetensors, ``calibration`` training data in SQuAD's
    form, ``output`` gets openvino_model.{xml,bin}. The float IR is saved in ``float_output``, and
    parts and digests are put into the model's folder ``model``, where these are given.
    """

    source: Path
    vocab: Path
    calibration: Path
    output: Path
    samples: int = 300
    seed: int = 20230405
    float_output: Path | None = None
    model: Path | None = None


def convert(asked: Conversion, say: Say) -> None:
    """Do the whole recipe: trace, check, quantize, check, save; raises KitError."""
    for package in ("torch", "transformers", "nncf", "openvino"):
        load_package(package)
    chosen = {"samples": asked.samples, "seed": asked.seed}
    windows = calibration_windows(asked.calibration, asked.vocab, **chosen)
    model = float_model(asked.source)
    check_shapes(model, windows, say)
    if asked.float_output:
        save(model, asked.float_output, say)
    quantized = quantize(model, windows, say)
    check_weight_range(quantized, say)
    number_unnamed_nodes(quantized)
    save(quantized, asked.output, say)
    if asked.model:
        renew_manifest(asked.model, asked.output)


def load_package(name: str) -> Any:
    """Import a package of the dependency group ``convert``; raises UsageError if it is missing."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(
            "converting a model needs packages that are not installed",
            detail=f"import {name}: {error}",
            hint="pip install -e '.[convert]' in an environment of its own",
        ) from error


def read_questions(path: Path) -> list[Example]:
    """Every question of a file in SQuAD's form, in its order, whatever its version says."""
    try:
        return [
            Example(qid=str(qa["id"]), question=qa["question"], context=text["context"], answers=())
            for article in read_json(path)["data"]
            for text in article["paragraphs"]
            for qa in text["qas"]
        ]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise UsageError(
            "the calibration data cannot be read",
            detail=f"{path}: {error!r}",
            hint="name a JSON file in the form of SQuAD v1.1, training data only",
        ) from error


def calibration_windows(path: Path, vocab: Path, *, samples: int, seed: int) -> list[Window]:
    """The first window of ``samples`` questions drawn by ``seed``: int64 [1, length], no padding.

    Unpadded, so that the ranges are those of real tokens.
    """
    questions = read_questions(path)
    if not 0 < samples <= len(questions):
        raise UsageError(
            "the number of calibration samples does not fit the data",
            detail=f"--samples {samples}, {len(questions)} questions in {path}",
            hint="ask for at least one, and for no more than the file holds",
        )
    drawn = tuple(random.Random(seed).sample(questions, samples))  # noqa: S311 (no secret)
    dataset = Dataset(examples=drawn, sha256=sha256_of(path))
    features = make_features(dataset, load_vocabulary(vocab))
    tokens = np.split(features.tokens.astype(np.int64), np.cumsum(features.lengths)[:-1])
    return [
        _window(tokens[n], start)
        for n, start in enumerate(features.segment_starts)
        if features.doc_span_index[n] == 0
    ]


def _window(ids: npt.NDArray[np.int64], start: int) -> Window:
    rows = (ids, np.ones_like(ids), (np.arange(len(ids)) >= start).astype(np.int64))
    return {name: row[None] for name, row in zip(FEATURES, rows, strict=True)}


def float_model(source: Path) -> Any:
    """The model as float IR in memory: int64 [batch, length] inputs, ``logits`` float32 [.., 2]."""
    torch, openvino = load_package("torch"), load_package("openvino")

    class OneOutput(torch.nn.Module):  # type: ignore[misc, name-defined]
        """Start and end logits side by side, before transformers splits them."""

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
            hidden = self.network.bert(input_ids, attention_mask, token_type_ids)
            return self.network.qa_outputs(hidden.last_hidden_state)

    wrapped = OneOutput()
    wrapped.network = _read_network(source)
    example = {name: torch.ones(2, 16, dtype=torch.int64) for name in FEATURES}
    try:
        with torch.no_grad():
            model = openvino.convert_model(wrapped.eval(), example_input=example)
    except RuntimeError as error:
        raise StageError(
            "the model cannot be traced into an OpenVINO graph",
            detail=words_of(error),
            hint="use the versions that calibration.md names",
        ) from error
    model.output(0).get_tensor().set_names({"logits"})
    model.set_friendly_name("minilm-squad")
    return model


def _read_network(source: Path) -> Any:
    """BertForQuestionAnswering in float32, with the plain attention that traces to matmuls."""
    torch, transformers = load_package("torch"), load_package("transformers")
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        network = transformers.BertForQuestionAnswering.from_pretrained(
            str(source), dtype=torch.float32, attn_implementation="eager", local_files_only=True
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(
            "the source model cannot be read",
            detail=f"{source}: {words_of(error)}",
            hint="name a folder of config.json and model.safetensors (BertForQuestionAnswering)",
        ) from error
    return network.eval()


def quantize(model: Any, windows: list[Window], say: Say) -> Any:
    """Post-training INT8: every setting that is not NNCF's default is named here."""
    nncf = load_package("nncf")
    # without the fix, u8 x i8 products saturate on CPUs without VNNI
    advanced = nncf.AdvancedQuantizationParameters(overflow_fix=nncf.OverflowFix.ENABLE)
    say(f"quantizing on {len(windows)} windows")
    return nncf.quantize(
        model,
        nncf.Dataset(windows),
        preset=nncf.QuantizationPreset.MIXED,
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(windows),
        fast_bias_correction=True,
        advanced_parameters=advanced,
    )


def check_shapes(model: Any, windows: list[Window], say: Say) -> None:
    """Prove that fixed shapes with padding keep the logits of real tokens; raises StageError."""
    qa = checked_model(model.clone(), IrFile(xml=Path("openvino_model.xml")))
    expect = compile_qa(qa, qa.model)
    for batch, length in CHECKED_SHAPES:
        cut = [{k: v[:, : length - 7] for k, v in w.items()} for w in windows[:batch]]
        rows = compile_qa(qa, qa.at(length, batch)).answer(_padded(cut, batch, length).values())
        wanted = [expect.answer(window[name] for name in FEATURES)[0] for window in cut]
        answers = zip(rows, wanted, strict=False)
        worst = max(float(np.abs(row[: len(want)] - want).max()) for row, want in answers)
        say(f"shape [{batch}, {length}]: largest difference by padding {worst:.1e}")
        if worst > PADDING_TOLERANCE:
            raise StageError(
                "the converted model answers differently when its input is padded",
                detail=f"shape [{batch}, {length}]: {worst:.3g}, allowed {PADDING_TOLERANCE:.3g}",
                hint="use the versions that calibration.md names",
            )


def _padded(windows: list[Window], batch: int, length: int) -> Window:
    whole = {name: np.zeros((batch, length), np.int64) for name in FEATURES}
    for row, window in enumerate(windows):
        for name, values in window.items():
            whole[name][row, : values.shape[1]] = values[0]
    return whole


def weight_codes(model: Any) -> Iterator[tuple[str, npt.NDArray[np.int8]]]:
    """Each INT8 weight tensor that enters a MatMul: (name of the MatMul, its codes)."""
    for matmul in (node for node in model.get_ordered_ops() if node.get_type_name() == "MatMul"):
        node = matmul.input_value(1).get_node()
        while node.get_type_name() in {"Convert", "Multiply", "Subtract", "Transpose", "Reshape"}:
            node = node.input_value(0).get_node()
        if node.get_type_name() == "Constant" and node.get_element_type().to_string() == "i8":
            yield matmul.get_friendly_name(), node.data


def check_weight_range(model: Any, say: Say) -> None:
    """Prove that the overflow fix reached every MatMul; raises StageError."""
    ranges = {name: (int(w.min()), int(w.max())) for name, w in weight_codes(model)}
    say(f"INT8 MatMuls: {len(ranges)}, codes {sorted(set(ranges.values()))[:3]}")
    wide = [name for name, (low, high) in ranges.items() if low < -HALF_RANGE or high > HALF_RANGE]
    if wide or not ranges:
        raise StageError(
            "the INT8 weights are not within half of their range",
            detail=f"{len(wide)} of {len(ranges)} MatMuls, first {wide[:1]}",
            hint="the overflow fix of NNCF did not take effect: check its version",
        )


def save(model: Any, folder: Path, say: Say) -> None:
    """Write openvino_model.{xml,bin}: whole or not at all, weights as they are."""
    openvino = load_package("openvino")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        openvino.save_model(model, folder / "unfinished.xml", compress_to_fp16=False)
        for end in ROLES:
            (folder / f"unfinished.{end}").replace(folder / f"openvino_model.{end}")
    except (OSError, RuntimeError) as error:
        raise StageError(
            "the IR cannot be written",
            detail=f"{folder}: {words_of(error)}",
            hint="free some space or name another folder",
        ) from error
    for path in (folder / f"openvino_model.{end}" for end in ROLES):
        say(f"{path}: {path.stat().st_size} bytes, sha256 {sha256_of(path)}")


def renew_manifest(model_folder: Path, ir_folder: Path) -> None:
    """Split the IR into ``parts/`` of the model's folder and renew its manifest's file list."""
    about = read_json(load_manifest(model_folder).path)
    del about["files"]
    files = [(ir_folder / f"openvino_model.{end}", role) for end, role in ROLES.items()]
    split_all(files, model_folder, about, part_bytes=PART_BYTES)
