"""A model that comes as ONNX becomes an IR with parts and a manifest of its own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from submission.artifacts.manifest import MANIFEST, Manifest, load_manifest
from submission.artifacts.onnx_file import convert_onnx
from submission.artifacts.split import PART_BYTES, split_all
from submission.errors import StageError
from submission.files import read_json, recover_folder, replace_folder, sha256_of
from submission.workspace.folders import Workspace

#: keys of the ONNX file's manifest that do not hold for the IR
_NOT_KEPT = ("files", "sources", "part_bytes")


def onnx_file(workspace: Workspace, source: Manifest) -> Path:
    """Where the ONNX file of ``source`` lies once it is fetched."""
    return workspace.parts_folder(source.name) / source.files[0].name


def convert_model(workspace: Workspace, source: Manifest) -> Manifest:
    """Convert the fetched ONNX file that ``source`` describes; the manifest of its IR.

    The IR lies among the joined models, its manifest and parts in the folder of converted ones.
    Each folder is replaced as a whole. The manifest lies beside the IR as well, so that the
    folder can be given as BERT_MODEL_DIR. Raises StageError.
    """
    onnx = onnx_file(workspace, source)
    model_folder = workspace.joined_folder(source.name)
    converted_folder = workspace.converted_folder(source.name)
    made, split = _begun(model_folder), _begun(converted_folder)
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
    replace_folder(made, model_folder)
    replace_folder(split, converted_folder)
    return load_manifest(converted_folder)


def _begun(folder: Path) -> Path:
    """A path beside ``folder`` to make it in; nothing lies there."""
    recover_folder(folder)
    work = folder.with_name(folder.name + ".part")
    shutil.rmtree(work, ignore_errors=True)
    return work


def _about(source: Manifest, onnx: Path) -> dict[str, Any]:
    """The manifest of the ONNX file, as far as it holds for the IR."""
    kept = {k: v for k, v in read_json(source.path).items() if k not in _NOT_KEPT}
    return {
        **kept,
        "origin": f"{source.origin}; converted to OpenVINO IR from {onnx.name}, "
        f"sha256 {sha256_of(onnx)}",
    }
