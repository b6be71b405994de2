"""The kit's own sources, as they are carried in the tree's code folder."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from submission.artifacts.catalogue import known_names, private_names
from submission.artifacts.manifest import CALIBRATION, MANIFEST
from submission.errors import StageError
from submission.tree.grammar import KIT_MODELS, KIT_NOTES
from submission.tree.order import KitFile

# README.md is renamed: the code folder has one of its own, rendered from the results
RENAMED = {"README.md": "KIT.md"}
TOP_LEVEL = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Dockerfile",
    "LICENSE",
    "Makefile",
    "NOTICE",
    "README.md",
    "RULES.md",
    "docker",
    "measurements",
    "models",
    "pyproject.toml",
    "requirements-fleet.txt",
    "requirements-more.txt",
    "requirements-torch.txt",
    "requirements-train.txt",
    "requirements.txt",
    "submission",
    "tools",
)
# weights go to the folder of the model; what tools generate is not a source; campaigns name the
# machines of a laboratory, which are nobody else's business
LEFT_OUT = re.compile(
    r"\..*|__pycache__|campaigns|.*\.pyc|.*\.egg-info|.*\.part|.*\.(bin|safetensors)(_p\d+)?"
)


def kit_sources(
    root: Path,
    *,
    names: tuple[str, ...] = TOP_LEVEL,
    left_out: re.Pattern[str] = LEFT_OUT,
    shown: Collection[str] = (),
) -> tuple[KitFile, ...]:
    """The source files below ``root``: those of ``names`` that exist, sorted.

    Names that ``left_out`` matches are left out, at any depth. Of a private model or data set, only
    what describes it is taken, and that only if it is in ``shown``. Of notes, those of public
    models and of ``shown`` are taken. Raises StageError if nothing remains: no tree may lack its
    code.
    """
    private = private_names(root / KIT_MODELS)
    noted = {*known_names(root / KIT_MODELS)} - private | {*shown}
    found = sorted(
        name
        for top in names
        for name in _below(root, top, left_out)
        if not _hidden(name, private, shown) and not _notes_of_others(name, noted)
    )
    if not found:
        raise StageError(
            "The kit's own sources were not found",
            detail=f"none of {', '.join(names)} in {root}",
            hint="run from a checkout of the kit: the tree carries its code",
        )
    return tuple(KitFile(name=RENAMED.get(name, name), source=root / name) for name in found)


def _hidden(name: str, private: Collection[str], shown: Collection[str]) -> bool:
    top, _, below = name.partition("/")
    folder, _, file = below.partition("/")
    if top != KIT_MODELS or folder not in private:
        return False
    return folder not in shown or file not in {MANIFEST, CALIBRATION}


def _notes_of_others(name: str, noted: Collection[str]) -> bool:
    """Whether a file is of the notes of a model that is neither public nor in the tree."""
    if not name.startswith(f"{KIT_NOTES}/"):
        return False
    _system, *below = name.removeprefix(f"{KIT_NOTES}/").split("/")
    return len(below) > 1 and below[0] not in noted


def _below(root: Path, top: str, left_out: re.Pattern[str]) -> Iterator[str]:
    if (root / top).is_file() and not left_out.fullmatch(top):
        yield top
    for folder, folders, files in os.walk(root / top):
        folders[:] = [name for name in folders if not left_out.fullmatch(name)]
        for name in files:
            if not left_out.fullmatch(name):
                yield (Path(folder) / name).relative_to(root).as_posix()
