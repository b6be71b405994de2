"""Fetches and joins models and data, or adopts a model from the user's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.artifacts import progress
from submission.artifacts.bring import fetch_parts, fetch_policy, files_folder, join_files
from submission.artifacts.local import LocalSource
from submission.artifacts.manifest import Manifest
from submission.artifacts.progress_text import bytes_text, lines_and_fraction
from submission.artifacts.sources import part_sources
from submission.artifacts.split import PART_BYTES, split
from submission.artifacts.verify import given_file
from submission.errors import StageError
from submission.files import recover_folder, replace_folder, sha256_of, write_json
from submission.pipeline.stage import Reporter
from submission.stages.base import SharedStage


def _steps(report: Reporter, manifest: Manifest) -> progress.ReportStep:
    return lines_and_fraction(report.line, report.progress, total_bytes=manifest.total_bytes)


@dataclass(frozen=True)
class Fetch(SharedStage):
    """Fetches every part of the manifest into the workspace and verifies it."""

    subject: str = ""

    @property
    def name(self) -> str:
        """``fetch[<model or data set>]``."""
        return f"fetch[{self.subject}]"

    def settings(self) -> Mapping[str, Any]:
        """Which files the manifest lists, and where they come from."""
        return {"files": self._manifest.file_fields(), "sources": self._manifest.sources}

    def outputs(self) -> tuple[Path, ...]:
        """The parts that the manifest lists."""
        folder = self.context.workspace.parts_folder(self.subject)
        return tuple(folder / part.name for _, part in self._manifest.parts())

    def from_afar(self) -> str:
        """``squad (4.9 MB)`` if parts that are not here yet have no source on this machine."""
        workspace, manifest = self.context.workspace, self._manifest
        folder, policy = workspace.parts_folder(self.subject), fetch_policy(workspace)
        missing = [
            part
            for file, part in manifest.parts()
            if not (folder / part.name).is_file()
            and not any(
                isinstance(source, LocalSource) and source.path.is_file()
                for source in part_sources(manifest, file, part, policy)
            )
        ]
        size = sum(part.size_bytes or 0 for part in missing)
        return f"{self.subject} ({bytes_text(size)})" if missing else ""

    def run(self, report: Reporter) -> None:
        """Fetch missing and wrong parts."""
        fetch_parts(self.context.workspace, self._manifest, report=_steps(report, self._manifest))

    @property
    def _manifest(self) -> Manifest:
        return self.context.source_manifest(self.subject)


@dataclass(frozen=True)
class Rejoin(SharedStage):
    """Joins parts into the files of the manifest and verifies them."""

    subject: str = ""

    @property
    def name(self) -> str:
        """``rejoin[<model or data set>]``."""
        return f"rejoin[{self.subject}]"

    @property
    def needs(self) -> tuple[str, ...]:
        return (f"fetch[{self.subject}]",)

    def settings(self) -> Mapping[str, Any]:
        """Which files the manifest lists."""
        return {"files": self._manifest.file_fields()}

    def inputs(self) -> tuple[Path, ...]:
        """Every part that was fetched for the files."""
        folder = self.context.workspace.parts_folder(self.subject)
        return tuple(folder / part.name for _, part in self._manifest.parts())

    def outputs(self) -> tuple[Path, ...]:
        """The files of the manifest."""
        folder = files_folder(self.context.workspace, self._manifest)
        return tuple(folder / file.name for file in self._manifest.files)

    def run(self, report: Reporter) -> None:
        join_files(self.context.workspace, self._manifest, report=_steps(report, self._manifest))

    @property
    def _manifest(self) -> Manifest:
        return self.context.source_manifest(self.subject)


@dataclass(frozen=True)
class Adopt(SharedStage):
    """A model in the user's folder, compared with its manifest and split for the tree."""

    subject: str = ""

    @property
    def name(self) -> str:
        """``adopt[<model>]``."""
        return f"adopt[{self.subject}]"

    def settings(self) -> Mapping[str, Any]:
        """Which folder it came from, which files the manifest lists, and where they are cut."""
        return {
            "folder": str(self.context.workspace.model_folder(self.subject)),
            "files": self._manifest.file_fields(),
            "part_bytes": self._manifest.part_bytes,
        }

    def inputs(self) -> tuple[Path, ...]:
        """The files of the person's folder that the manifest names."""
        folder = self.context.workspace.model_folder(self.subject)
        return tuple(folder / file.name for file in self._manifest.files)

    def outputs(self) -> tuple[Path, ...]:
        """The parts for the tree, and what the files are."""
        return (self.context.tree_parts_folder(self.subject), self._record)

    def run(self, report: Reporter) -> None:
        """Split the large files; raises StageError for a missing or different file."""
        folder = self.context.workspace.model_folder(self.subject)
        parts = self.context.tree_parts_folder(self.subject)
        if self._manifest.is_onnx:
            raise StageError(
                f"there is no manifest of an IR in {folder}",
                detail=f"{self.subject} comes as ONNX; its IR has a manifest.json of its own",
                hint="run tools/convert_reference.py and name the folder that it writes",
            )
        recover_folder(parts)
        made = parts.with_name(parts.name + ".adopted")
        digests: dict[str, str] = {}
        for file in self._manifest.files:
            path = given_file(
                file,
                folder,
                self.subject,
                content=f"BERT_MODEL_DIR must contain a folder {self.subject} with the model",
                fetched="leave BERT_MODEL_DIR out to have the model fetched",
                right="leave BERT_MODEL_DIR out to have the right one fetched",
            )
            digests[file.name] = sha256_of(path)
            report.line(f"{file.name}: sha256 {digests[file.name]}")
            split(path, made, part_bytes=self._manifest.part_bytes or PART_BYTES)
        replace_folder(made, parts)
        write_json(self._record, {"folder": str(folder), "sha256": digests})

    @property
    def _record(self) -> Path:
        return self.context.workspace.adopted_file(self.subject)

    @property
    def _manifest(self) -> Manifest:
        return self.context.manifest(self.subject)
