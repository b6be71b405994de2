"""A training's state on disk: whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from submission.errors import StageError


@dataclass(frozen=True, kw_only=True)
class State:
    """All that a training needs to go on after ``step`` steps.

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


def save_state(path: Path, state: State) -> None:
    """Write beside the place, then rename: a kill leaves the last good state."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    torch.save({name: getattr(state, name) for name in State.__dataclass_fields__}, part)
    part.replace(path)


def load_state(path: Path) -> State | None:
    """The state of a file, None where there is none; only tensors and plain values are read.

    Raises StageError for a file that is no state.
    """
    if not path.exists():
        return None
    try:
        return State(**torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, EOFError, RuntimeError, TypeError, UnpicklingError) as error:
        raise StageError(
            "the state of the training cannot be read",
            detail=f"{path}: {' '.join(str(error).split())[:200]}",
            hint="remove the file: the training then begins anew",
        ) from error
