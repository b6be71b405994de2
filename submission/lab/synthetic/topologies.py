"""The topologies to make synthetic weights for: files given by path, or fetched by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from submission.artifacts.catalogue import chosen_manifests
from submission.artifacts.fetch import fetch
from submission.artifacts.manifest import Manifest, ManifestKind
from submission.artifacts.progress import ReportStep, Step, Work
from submission.artifacts.sources import FetchPolicy
from submission.errors import UsageError
from submission.lab.synthetic.made import Topology, make_dense, make_pruned
from submission.terms import Say
from submission.workspace.folders import Workspace

XML_ENDING = ".xml"


def find_topologies(
    workspace: Workspace, names: Sequence[str], warn: Say, *, every: bool = False
) -> list[Topology]:
    """The graphs of ``names`` (models, or xml files), or of ``every`` published topology.

    Raises UsageError for an unknown model and for an empty choice, StageError for a topology
    that cannot be fetched.
    """
    xmls = [Path(name) for name in names if name.endswith(XML_ENDING)]
    models = [name for name in names if not name.endswith(XML_ENDING)]
    found = [Topology(name=xml.parent.name or xml.stem, xml=xml) for xml in xmls]
    if every or models or not xmls:
        folder = workspace.manifests
        manifests = chosen_manifests(folder, models, every=every, kind=ManifestKind.MODEL)
        wanted = [m for m in manifests if m.structured_sparsity_percent or not every]
        found += [_fetched(manifest, workspace, warn) for manifest in wanted]
    if not found:
        raise UsageError(
            "there is no published topology",
            detail=f"no model in {workspace.manifests} names its structured sparsity",
            hint="name models, or the xml files of topologies",
        )
    return found


def make_weights(
    topology: Topology, target: Path, *, seed: int, dense: bool
) -> tuple[Manifest, ...]:
    """Folders below ``target`` with synthetic weights, and with the dense baseline if wanted."""
    pruned = make_pruned(topology, target, seed=seed)
    return (pruned, make_dense(topology, target, seed=seed)) if dense else (pruned,)


def _fetched(manifest: Manifest, workspace: Workspace, warn: Say) -> Topology:
    topology = manifest.role("topology")
    only = replace(manifest, files=(topology,))
    folder = workspace.topology_folder(manifest.name)
    settings = workspace.settings
    policy = FetchPolicy(mirror=settings.mirror, offline=settings.offline)
    fetch(only, folder, policy=policy, report=_notes(warn))
    return Topology(name=manifest.name, xml=folder / topology.name, published=manifest)


def _notes(warn: Say) -> ReportStep:
    def report(step: Step) -> None:
        if step.work is Work.NOTE:
            warn(f"{step.name}: {step.words}")

    return report
