"""A trained model as a folder of ``models/``: parts, manifest with provenance, write-up."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from submission.artifacts.manifest import CALIBRATION, MANIFEST, Manifest, load_manifest
from submission.artifacts.split import split_all
from submission.errors import StageError
from submission.files import read_json, replace_folder, write_json, write_text
from submission.ir.blocks import Linear, Role, TransformerBlock
from submission.ir.inspect import Inspection, inspect
from submission.ir.names import SAME_NAMES
from submission.ir.report import structured_percent
from submission.ir.sparsity import dense_ffn_width, dense_heads
from submission.lab.jpqd.config import JpqdConfig
from submission.tree.texts import render

PART_BYTES = 8 << 20
DATASET = "SQuAD v1.1 dev"
OUTPUT = {
    "name": "logits",
    "type": "f32",
    "shape": ["batch", "length", 2],
    "what": "start and end logit of each token",
}


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Facts about a training beside its configuration.

    ``training`` fits ``manifest.schema.json``; ``accuracy`` (F1, exact match, dataset, how) only
    if it was measured; ``base``: the manifest of the model it started from; ``data``: whose
    questions it learned from.
    """

    training: Mapping[str, Any]
    accuracy: Mapping[str, Any] | None
    base: Manifest
    data: Manifest


def write_model(
    config: JpqdConfig, xml: Path, provenance: Provenance, *, work: Path, target: Path
) -> None:
    """Write ``target``: parts, then write-up, then manifest, each atomically.

    If it is stopped in between, the manifest's checksums do not fit the parts, and every reader
    of the folder refuses it; the same call completes it.

    ``work`` is a folder for unfinished files. Raises StageError for an IR without known blocks,
    UsageError for facts that do not fit the manifest's schema.
    """
    found = inspect(xml)
    percent = structured_percent(found)
    if percent is None:
        raise StageError(
            "the pruned structures of this IR are unknown",
            detail=f"{xml}: no transformer blocks by the names of its layers",
            hint="this is a fault of the export; the states are kept",
        )
    shutil.rmtree(work, ignore_errors=True)
    files = [(xml, "topology"), (xml.with_suffix(".bin"), "weights")]
    split_all(files, work, about(config, percent, provenance), part_bytes=PART_BYTES)
    text = calibration_text(config, found, percent, provenance)
    fresh = target / "parts.new"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(work / "parts", fresh)
    replace_folder(fresh, target / "parts")
    write_text(target / CALIBRATION, text)
    write_json(target / MANIFEST, read_json(work / MANIFEST))
    load_manifest(target)


def about(config: JpqdConfig, percent: float, provenance: Provenance) -> dict[str, Any]:
    """The manifest's keys but its files."""
    value: dict[str, Any] = {
        "name": config.model,
        "kind": "model",
        "mlperf_model": provenance.base.mlperf_model or "bert-99",
        "licence": provenance.base.licence,
        "origin": (
            f"Made by this kit (tools/train_jpqd.py) from {config.base}: pruned, quantized to INT8 "
            f"and distilled from {config.teacher} in one training on {config.data}; no question of "
            f"the SQuAD dev set was used. Of the base: {provenance.base.origin}"
        ),
        "inputs": dict(SAME_NAMES),
        "outputs": {"logits": OUTPUT},
        "max_seq_length": config.max_length,
        "weight_data_types": "int8",
        "measurement": provenance.base.measurement or _measurement(config, provenance.base),
        "structured_sparsity_percent": percent,
    }
    if provenance.base.trailing_pad:
        value["trailing_pad"] = provenance.base.trailing_pad
    if provenance.accuracy:
        value["accuracy"] = dict(provenance.accuracy)
    return {**value, "training": dict(provenance.training)}


def _measurement(config: JpqdConfig, base: Manifest) -> dict[str, str]:
    return {
        "input_data_types": "INT64",
        "retraining": "Yes",
        "starting_weights_filename": f"{config.base}, {base.role('weights').name}",
    }


def calibration_text(
    config: JpqdConfig, found: Inspection, percent: float, provenance: Provenance
) -> str:
    """The write-up: how the weights came about, from facts alone."""
    facts = {
        "config": config,
        "percent": percent,
        "rows": [_row(block) for block in found.blocks],
        "weights": found.weights,
        "integer_percent": 100 * found.integer_share,
        "training": provenance.training,
        "accuracy": provenance.accuracy or {},
        "base": provenance.base,
        "data": provenance.data,
        "limit": 63 if config.rounding.half_range else 127,
        "pruning": asdict(config.pruning),
        "embedding_linear": any(_of_embeddings(linear) for linear in found.linears),
    }
    return render("calibration_trained", facts)


def _of_embeddings(linear: Linear) -> bool:
    return linear.block is None and "embeddings" in linear.name


def _row(block: TransformerBlock) -> dict[str, object]:
    ffns = [f"{w.outputs} of {dense_ffn_width(w)}" for w in block.of(Role.FFN_IN)]
    heads = dense_heads(block)
    return {
        "number": block.number,
        "heads": "?" if block.heads is None or heads is None else f"{block.heads} of {heads}",
        "ffn": ", ".join(ffns),
        "weights": sum(linear.weights for linear in block.linears),
    }
