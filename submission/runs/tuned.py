"""Tuned plans: one file of measured choices for each model, machine and version of OpenVINO."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from submission.errors import UsageError
from submission.files import read_json, write_json
from submission.runs.decide import MEMORY_BYTES
from submission.terms import PlanRequest, Scenario
from submission.tree.grammar import KIT_TUNED
from submission.workspace.folders import Workspace

# digests say nothing to a reader
KEYS = {"model_key": "weights", "lengths_key": "sample lengths"}
FIELDS = ("shapes", "batch", "streams", "requests")


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a measured choice holds for; ``cores`` are those that the run may use.

    ``model_key`` and ``lengths_key`` are digests of the model's files and of how long the samples
    are: with other weights or samples another plan may be faster. ``memory_bytes`` is what the
    buckets of a plan may take: with more of it the same request gives another plan.
    """

    model: str
    model_key: str
    lengths_key: str
    precision: str
    cpu_model: str
    cores: int
    openvino: str
    memory_bytes: int = MEMORY_BYTES

    def file(self, folder: Path) -> Path:
        """``<model>/<processor>-<cores>c-openvino-<version>-<precision>-<subject>.json``.

        ``subject`` stands for weights, samples and memory.
        """
        words = re.sub(r"[^a-z0-9]+", "-", self.cpu_model.lower()).strip("-") or "unknown"
        keys = f"{self.model_key} {self.lengths_key} {self.memory_bytes}"
        subject = hashlib.sha256(keys.encode()).hexdigest()[:8]
        where = f"{words}-{self.cores}c-openvino-{self.openvino}"
        return folder / self.model / f"{where}-{self.precision}-{subject}.json"


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """The winner of a scenario, and why it won."""

    choice: Mapping[str, int]
    reason: str

    def over(self, request: PlanRequest) -> PlanRequest:
        """``request`` with the measured choice in place of its own."""
        choice: dict[str, Any] = dict(self.choice)
        return replace(request, **choice)


def read_tuned(folder: Path, place: Place, scenario: Scenario) -> Tuned | None:
    """The stored winner; None if nothing was measured here. UsageError for a damaged file."""
    path = place.file(folder)
    if not path.is_file():
        return None
    try:
        found = read_json(path)["scenarios"].get(scenario)
        if found is None:
            return None
        choice = {name: int(found["choice"][name]) for name in FIELDS if name in found["choice"]}
        return Tuned(choice=choice, reason=str(found["reason"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"the tuned plan {path.name} cannot be used",
            detail=f"{path}: {type(error).__name__}: {error}",
            hint="remove the file, or write it again with make tune",
        ) from error


def plan_in_tree(workspace: Workspace, path: Path) -> str:
    """Where the code of a tree has a plan: those that TUNED named lie below the system's name."""
    below = path.relative_to(workspace.tuned_folder()).as_posix()
    owner = f"{workspace.system_desc_id}/" if workspace.settings.tuned else ""
    return f"{KIT_TUNED}/{owner}{below}"


def why_untuned(folder: Path, place: Place, scenario: Scenario) -> str:
    """In what the nearest of the model's files differs from this place, in words."""
    found = {
        path.name: _differing(path, place) for path in sorted((folder / place.model).glob("*.json"))
    }
    if not found:
        return "not tuned on this machine"
    name, fields = min(found.items(), key=lambda item: len(item[1]))
    if not fields:
        return f"not tuned for {scenario} here ({name} holds other scenarios)"
    return f"not tuned here: {name} is for {', '.join(fields)}"


def _differing(path: Path, place: Place) -> list[str]:
    try:
        value = dict(read_json(path))
    except (OSError, ValueError, TypeError):
        # a file that cannot be read is nearest to nothing
        value = {}
    here = asdict(place)
    return [
        _other(name, value.get(name), here[name]) for name in here if value.get(name) != here[name]
    ]


def _other(name: str, there: object, here: object) -> str:
    if name in KEYS:
        return f"other {KEYS[name]}"
    return f"{name} {there}, not {here}"


def write_tuned(
    folder: Path, place: Place, scenario: Scenario, tuned: Tuned, measured: list[dict[str, Any]]
) -> Path:
    """Store a winner beside those of other scenarios, with all that was measured."""
    path = place.file(folder)
    value: dict[str, Any] = read_json(path) if path.is_file() else {"version": 1, "scenarios": {}}
    value |= asdict(place)
    value["scenarios"][str(scenario)] = {
        "choice": dict(tuned.choice),
        "reason": tuned.reason,
        "measured": measured,
    }
    write_json(path, value)
    return path
