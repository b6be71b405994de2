"""Finds the manifests in a folder such as models/, by name or by kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from submission.artifacts.manifest import MANIFEST, Manifest, ManifestKind, load_manifest
from submission.errors import UsageError, did_you_mean
from submission.files import read_json


def known_names(folder: Path) -> list[str]:
    """The sorted names of the models and data sets with a manifest in ``folder``."""
    return sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST}"))


def private_names(folder: Path) -> set[str]:
    """The names of those whose manifests say that they are private, or cannot be read."""
    return {name for name in known_names(folder) if _private(folder / name / MANIFEST)}


def _private(path: Path) -> bool:
    try:
        value = read_json(path)
    except (OSError, ValueError):
        return True  # nobody knows what it would say
    return not isinstance(value, dict) or bool(value.get("private"))


def find_manifest(name: str, *folders: Path) -> Path:
    """The path of the manifest in the first of ``folders`` that has it; UsageError if none."""
    paths = [folder / name / MANIFEST for folder in folders]
    found = next((path for path in paths if path.is_file()), None)
    if found is not None:
        return found
    known = [each for folder in folders for each in known_names(folder)]
    raise UsageError(
        f"there is no manifest of {name}",
        detail=f"no file {' or '.join(map(str, paths))}",
        hint=did_you_mean(name, known) if known else _NO_MANIFESTS,
    )


def chosen_manifests(
    folder: Path, names: Sequence[str], *, every: bool = False, kind: ManifestKind | None = None
) -> list[Manifest]:
    """The manifests of ``names``, or ``every`` one of ``kind``.

    Raises UsageError for an unknown name, names with ``every``, a manifest of another kind, or
    an empty selection.
    """
    known = known_names(folder)
    if not known:
        raise UsageError(
            f"there are no manifests in {folder}",
            detail=f"no file {folder}/*/{MANIFEST}",
            hint=_NO_MANIFESTS,
        )
    if every and names:
        raise UsageError(
            "--all and names exclude each other",
            detail=f"given with --all: {', '.join(names)}",
            hint="leave one of the two out",
        )
    if every:
        return _all(folder, known, kind)
    if not names:
        raise UsageError(
            "nothing was named",
            detail=f"{folder} has {', '.join(known)}",
            hint="name one or more of them, or give --all",
        )
    return [_of_kind(load_manifest(find_manifest(name, folder)), kind) for name in names]


_NO_MANIFESTS = "run it from a checkout of the kit, or give a folder of manifests: --manifests DIR"


def _all(folder: Path, known: Iterable[str], kind: ManifestKind | None) -> list[Manifest]:
    loaded = [load_manifest(folder / name) for name in known]
    found = [manifest for manifest in loaded if kind in {None, manifest.kind}]
    if not found:
        raise UsageError(
            f"there is no {kind} in {folder}",
            detail=f"it has {', '.join(known)}",
            hint="models are fetched by fetch-models, data sets by fetch-data",
        )
    return found


def _of_kind(manifest: Manifest, kind: ManifestKind | None) -> Manifest:
    if kind not in {None, manifest.kind}:
        raise UsageError(
            f"{manifest.name} is not a {kind}",
            detail=f"{manifest.path} describes a {manifest.kind}",
            hint="models are fetched by fetch-models, data sets by fetch-data",
        )
    return manifest
