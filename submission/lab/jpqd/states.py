"""A training's state on disk: whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from struct import error as StructError  # noqa: N812 (it is a class)
from typing import Any

import torch

from submission.errors import StageError, words_of
from submission.files import replacing

#: what a file that is no state, or half of one, makes of torch's reader
DAMAGE = (
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    StructError,
    TypeError,
    UnpicklingError,
    ValueError,
)
REMEDY = {
    "best.pt": "the best state cannot be made from another one: --fresh starts the training again",
}
RESTART_HINT = "remove the file to start the training again"


@dataclass(frozen=True, kw_only=True)
class TrainingState:
    """Everything that a training needs to resume after ``step`` steps.

    ``kept``: the structures each site kept, None before the cut. ``curve``: loss and F1 of the
    held-out questions by step; ``best``: the highest F1 so far, in percent; ``losses``: the latest
    ones; ``settings``: the configuration's own text.
    """

    step: int
    kept: dict[str, list[int]] | None
    curve: tuple[dict[str, float], ...]
    best: float
    network: dict[str, Any]
    optimizer: dict[str, Any]
    losses: tuple[float, ...] = ()
    settings: str = ""


def save_state(path: Path, state: TrainingState) -> None:
    """Write beside the place, then rename: a kill or a full disk leaves the last good state.

    Raises StageError for what cannot be written.
    """
    values = {name: getattr(state, name) for name in TrainingState.__dataclass_fields__}
    try:
        with replacing(path) as stream:
            torch.save(values, stream)
    except (OSError, RuntimeError) as error:  # torch reports a full disk by the latter
        raise StageError(
            "the state of the training cannot be written",
            detail=f"{path}: {words_of(error)}",
            hint="free some space; the same command resumes from the last state that was written",
        ) from error


def load_state(path: Path) -> TrainingState | None:
    """The state of a file, None where there is none; only tensors and plain values are read.

    Raises StageError for a file that is no state.
    """
    if not path.exists():
        return None
    try:
        return TrainingState(**torch.load(path, map_location="cpu", weights_only=True))
    except DAMAGE as error:
        raise StageError(
            "the state of the training cannot be read",
            detail=f"{path}: {words_of(error)}",
            hint=REMEDY.get(path.name, RESTART_HINT),
        ) from error


def best_of(folder: Path) -> TrainingState:
    """The best state of a training that has evaluated once; raises StageError where it is lost."""
    path = folder / "best.pt"
    found = load_state(path)
    if found is None:
        raise StageError(
            "the best state of the training is lost",
            detail=f"{path} does not exist, but the training has evaluated",
            hint=REMEDY[path.name],
        )
    return found
