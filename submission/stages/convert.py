"""A model that comes as ONNX: converted to IR once, split, and given a manifest of its own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.artifacts.manifest import MANIFEST, Manifest, load_manifest
from submission.artifacts.onnx_file import BIN, XML, convert_onnx
from submission.artifacts.split import PART_BYTES, split_all
from submission.errors import StageError
from submission.files import read_json, recover_folder, replace_folder, sha256_of
from submission.pipeline.stage import Tell
from submission.stages.base import SharedStage

#: of the ONNX file's manifest, and not true of the IR
_NOT_KEPT = ("files", "sources", "part_bytes")


@dataclass(frozen=True)
class Convert(SharedStage):
    """The IR of an ONNX model, beside the IRs of the others; its manifest and parts."""

    subject: str = ""

    @property
    def name(self) -> str:
        """``convert[<model>]``."""
        return f"convert[{self.subject}]"

    @property
    def needs(self) -> tuple[str, ...]:
        """The ONNX file."""
        return (f"fetch[{self.subject}]",)

    def inputs(self) -> tuple[Path, ...]:
        """The manifest and the ONNX file."""
        return (self.context.manifest_path(self.subject), self._onnx)

    def outputs(self) -> tuple[Path, ...]:
        """The files of the IR, and the folder of its parts and manifest."""
        folder = self.context.workspace.model_folder(self.subject)
        return (folder / XML, folder / BIN, self.context.workspace.converted_folder(self.subject))

    def run(self, tell: Tell) -> None:
        """Convert and split; raises StageError if the file is not the model it should be."""
        made = convert_model(
            self.context.source_manifest(self.subject),
            self._onnx,
            model_folder=self.context.workspace.model_folder(self.subject),
            converted_folder=self.context.workspace.converted_folder(self.subject),
        )
        for file in made.files:
            tell.line(f"{file.name}: {file.size_bytes} bytes in {len(file.parts)} part(s)")

    @property
    def _onnx(self) -> Path:
        manifest = self.context.source_manifest(self.subject)
        return self.context.workspace.parts_folder(self.subject) / manifest.files[0].name


def convert_model(
    source: Manifest, onnx: Path, *, model_folder: Path, converted_folder: Path
) -> Manifest:
    """The IR of ``onnx`` in ``model_folder``; its manifest and parts in ``converted_folder``.

    ``source`` describes the ONNX file. Each folder is replaced as a whole. The manifest lies
    beside the IR as well, so that the folder may be given as a person's own. Raises StageError.
    """
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
    """An empty place beside ``folder`` that it is made in."""
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
