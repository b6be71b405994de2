"""What is said where private files are missing: they are asked for, and put beside the manifest."""

from __future__ import annotations

from submission.artifacts.manifest import Manifest, ManifestKind


def names_of(manifest: Manifest) -> str:
    """The names under which the files of a manifest must lie."""
    return " and ".join(file.name for file in manifest.files)


def missing_words(manifest: Manifest) -> str:
    """What is missing, and that no place has it."""
    what = "questions" if manifest.kind is ManifestKind.DATASET else "files"
    return f"the {what} of {manifest.name} are private, and not here"


def way_to_get(manifest: Manifest) -> str:
    """Whom to ask, and where the files go under which names; a tree holds its own models."""
    if manifest.kind is ManifestKind.MODEL:
        return (
            "a tree that was measured with it holds them in the folder model/ of the model's code: "
            "name that folder with MIRROR=… (--mirror); otherwise ask the submitter for "
            f"{names_of(manifest)}"
        )
    return (
        f"ask the submitter for {names_of(manifest)}, and put them under these names into "
        f"{manifest.path.parent} (their sha256 stand in its {manifest.path.name})"
    )


def is_beside(manifest: Manifest) -> bool:
    """Whether every file lies beside the manifest."""
    return all((manifest.path.parent / file.name).is_file() for file in manifest.files)
