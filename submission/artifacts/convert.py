"""Converts an ONNX model to an IR with its own parts and manifest."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from submission.artifacts.manifest import MANIFEST, Manifest, load_manifest
from submission.artifacts.onnx_file import convert_onnx
from submission.artifacts.split import PART_BYTES, split_all
from submission.errors import StageError
from submission.files import read_json, replacing_folder, sha256_of
from submission.workspace.folders import Workspace

#: keys of the ONNX manifest that do not apply to the IR
_NOT_KEPT = ("files", "sources", "part_bytes")


def onnx_file(workspace: Workspace, source: Manifest) -> Path:
    """The path of the fetched ONNX file of ``source``."""
    return workspace.parts_folder(source.name) / source.files[0].name


def convert_model(workspace: Workspace, source: Manifest) -> Manifest:
    """Convert the fetched ONNX file that ``source`` describes; returns the manifest of the IR.

    The IR is written to the joined models, its manifest and parts to the converted ones; each
    folder is replaced as a whole. A copy of the manifest beside the IR makes that folder usable
    as BERT_MODEL_DIR. Raises StageError.
    """
    onnx = onnx_file(workspace, source)
    model_folder = workspace.joined_folder(source.name)
    converted_folder = workspace.converted_folder(source.name)
    # the model gets its place before the manifest that describes it
    with replacing_folder(converted_folder) as split, replacing_folder(model_folder) as made:
        xml, binary = convert_onnx(
            onnx,
            made,
            inputs=source.input_names().values(),
            outputs=source.output_names().values(),
        )
        about = _about(source, onnx)
        files = [(xml, "topology"), (binary, "weights")]
        manifest = split_all(files, split, about, part_bytes=PART_BYTES)
        try:
            shutil.copyfile(manifest.path, made / MANIFEST)
        except OSError as error:
            raise StageError(
                f"{made / MANIFEST} cannot be written",
                detail=error.strerror or str(error),
                hint="free some space or make the folder writable",
            ) from error
    return load_manifest(converted_folder)


def _about(source: Manifest, onnx: Path) -> dict[str, Any]:
    """The keys of the ONNX file's manifest that also apply to the IR."""
    kept = {k: v for k, v in read_json(source.path).items() if k not in _NOT_KEPT}
    return {
        **kept,
        "origin": f"{source.origin}; converted to OpenVINO IR from {onnx.name}, "
        f"sha256 {sha256_of(onnx)}",
    }
