"""Converts a model that comes as ONNX to an IR, with parts and a manifest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from submission.artifacts.convert import convert_model, onnx_file
from submission.artifacts.onnx_file import BIN, XML
from submission.pipeline.stage import Reporter
from submission.stages.base import SharedStage
from submission.wording import counted


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
        return (f"fetch[{self.subject}]",)

    def inputs(self) -> tuple[Path, ...]:
        """The manifest and the ONNX file."""
        return (self.context.manifest_path(self.subject), self._onnx)

    def outputs(self) -> tuple[Path, ...]:
        """The files of the IR, and the folder of its parts and manifest."""
        folder = self.context.workspace.model_folder(self.subject)
        return (folder / XML, folder / BIN, self.context.workspace.converted_folder(self.subject))

    def run(self, report: Reporter) -> None:
        """Convert and split; raises StageError if the file is not the expected model."""
        made = convert_model(self.context.workspace, self.context.source_manifest(self.subject))
        for file in made.files:
            report.line(
                f"{file.name}: {file.size_bytes} bytes in {counted(len(file.parts), 'part')}"
            )

    @property
    def _onnx(self) -> Path:
        return onnx_file(self.context.workspace, self.context.source_manifest(self.subject))
