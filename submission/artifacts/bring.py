"""Fetch, join and verify models and data sets in a workspace.

Commands, stages and the lab all use this module. Parts are kept in ``out/parts``, the joined
files in ``out/models`` or ``out/data``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from submission.artifacts.fetch import Fetched, fetch
from submission.artifacts.manifest import MANIFEST, Manifest, ManifestKind, load_manifest
from submission.artifacts.progress import ReportStep, silent
from submission.artifacts.rejoin import Rejoined, rejoin
from submission.artifacts.sources import FetchPolicy
from submission.artifacts.verify import FileFault, FileFinding, verify, verify_parts
from submission.workspace.folders import Workspace

JOBS = 4


@dataclass(frozen=True, kw_only=True)
class Brought:
    """Which parts were fetched and which files were joined, and which were kept."""

    fetched: Fetched
    joined: Rejoined


def files_folder(workspace: Workspace, manifest: Manifest) -> Path:
    """The folder of a manifest's joined files."""
    if manifest.kind is ManifestKind.DATASET:
        return workspace.fetched_data_folder(manifest.name)
    return workspace.joined_folder(manifest.name)


def fetch_policy(workspace: Workspace) -> FetchPolicy:
    """From where the settings let parts be fetched."""
    return FetchPolicy(mirror=workspace.settings.mirror, offline=workspace.settings.offline)


def fetch_parts(
    workspace: Workspace, manifest: Manifest, *, jobs: int = JOBS, report: ReportStep = silent
) -> Fetched:
    """Fetch every missing or wrong part, from where the settings allow; raises StageError."""
    parts = workspace.parts_folder(manifest.name)
    return fetch(manifest, parts, policy=fetch_policy(workspace), jobs=jobs, report=report)


def join_files(
    workspace: Workspace,
    manifest: Manifest,
    *,
    parts: Path | None = None,
    remove_parts: bool = False,
    report: ReportStep = silent,
) -> Rejoined:
    """Join the parts (by default the fetched ones) into files; raises StageError."""
    source = parts or workspace.parts_folder(manifest.name)
    target = files_folder(workspace, manifest)
    return rejoin(manifest, source, target, remove_parts=remove_parts, report=report)


def is_there(workspace: Workspace, manifest: Manifest) -> bool:
    """Whether nothing has to be fetched: a data set whose files are all correct.

    Always False for a model, whose parts are needed too: they go into the tree.
    """
    if manifest.kind is not ManifestKind.DATASET:
        return False
    return not verify(manifest, files_folder(workspace, manifest))


def bring(
    workspace: Workspace,
    manifest: Manifest,
    *,
    jobs: int = JOBS,
    remove_parts: bool = False,
    report: ReportStep = silent,
) -> Brought:
    """Fetch and join, unless ``is_there``. Raises StageError."""
    if is_there(workspace, manifest):
        names = tuple(file.name for file in manifest.files)
        parts = tuple(part.name for _, part in manifest.parts())
        return Brought(
            fetched=Fetched(fetched=(), kept=parts, recorded=()),
            joined=Rejoined(made=(), kept=names),
        )
    fetched = fetch_parts(workspace, manifest, jobs=jobs, report=report)
    joined = join_files(workspace, manifest, remove_parts=remove_parts, report=report)
    return Brought(fetched=fetched, joined=joined)


def verify_all(
    workspace: Workspace, manifest: Manifest, *, report: ReportStep = silent
) -> list[FileFinding]:
    """Check the files of a manifest, and a model's parts where they are present."""
    folder = files_folder(workspace, manifest)
    if manifest.kind is ManifestKind.DATASET:
        return verify(manifest, folder, report=report)
    parts = workspace.parts_folder(manifest.name)
    if manifest.is_onnx:
        return [*verify(manifest, parts, report=report), *_verify_converted(folder, report)]
    findings = verify(manifest, folder, report=report)
    judged = verify_parts(manifest, parts, report=report) if parts.is_dir() else []
    if not findings:  # parts may be removed once the files joined from them are correct
        judged = [finding for finding in judged if finding.fault is not FileFault.MISSING]
    return findings + judged


def _verify_converted(folder: Path, report: ReportStep) -> list[FileFinding]:
    """Check the IR of an ONNX model by the manifest of its conversion, if it was converted."""
    if not (folder / MANIFEST).is_file():
        return []
    return verify(load_manifest(folder), folder, report=report)
