"""Where a trained model's folder is made, and whose place it never takes."""

from __future__ import annotations

import os
from pathlib import Path

from submission.artifacts.manifest import MANIFEST, load_manifest
from submission.errors import UsageError
from submission.files import read_json
from submission.lab.jpqd.config import JpqdConfig
from submission.workspace.folders import Workspace

HINT = "give it a name of its own (make jpqd JPQD_ARGS='--name mine'), or a folder by --output"


def target_of(config: JpqdConfig, *, source: Path, workspace: Workspace) -> Path:
    """The model's folder of models/ if the configuration's file ``source`` lies in it.

    Else one in ``out/``, so that no trial is taken for a model of the kit.
    """
    own = workspace.manifests / config.model
    if source.parent.resolve() == own.resolve():
        return own
    return workspace.trained_folder(config.model)


def check_target(config: JpqdConfig, target: Path, *, manifests: Path) -> None:
    """Raise UsageError where the model would take another's folder or name, or cannot be written.

    Asked before a training of hours, after which it would be late.
    """
    for folder in (target, manifests / config.model):
        _refuse_untrained(folder)
    _refuse_unwritable(target)
    for name in (config.base, config.teacher, config.data):
        if config.model == name or target.resolve() == (manifests / name).resolve():
            raise UsageError(
                "a training may not overwrite its own base",
                detail=f"the model is {config.model}, in {target}; it is made from {name}",
                hint=HINT,
            )


def _refuse_unwritable(target: Path) -> None:
    there = next(place for place in (target, *target.absolute().parents) if place.exists())
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        raise UsageError(
            "the model's folder cannot be written",
            detail=f"{target}: {there} is no folder that this user may write to",
            hint="name another folder by --output",
        )


def _refuse_untrained(folder: Path) -> None:
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return
    load_manifest(folder)
    if "training" not in read_json(manifest):
        raise UsageError(
            "a trained model may not replace one that was not trained here",
            detail=f"{manifest} has no training",
            hint=HINT,
        )
