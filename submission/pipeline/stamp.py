"""Stamps record what a stage read and wrote; a stamp is written last, after the outputs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from submission.files import read_json, sha256_of, write_json
from submission.pipeline.stage import Stage


@dataclass(frozen=True, kw_only=True)
class Print:
    """A file's fingerprint; an unchanged size and time saves hashing it again."""

    sha256: str
    size_bytes: int
    mtime_ns: int


Prints = Mapping[str, Print]


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """The record of one finished stage."""

    stage: str
    revision: int
    settings: Mapping[str, Any]
    inputs: Prints
    outputs: Prints
    finished: str


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Settings and inputs of a stage, taken before it runs so that no later change is missed."""

    settings: Mapping[str, Any]
    inputs: Prints


def seen_by(stage: Stage, base: Path) -> Seen:
    """The settings and inputs that ``stage`` would read now; raises OSError."""
    return Seen(settings=dict(stage.settings()), inputs=fingerprint(stage.inputs(), base, {}))


def stamp_path(folder: Path, stage: Stage) -> Path:
    """The path of the stamp of ``stage``; brackets and slashes of its name become dots."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", ".", stage.name).strip(".")
    return folder / stage.owner / f"{name}.json"


def fingerprint(paths: Iterable[Path], base: Path, known: Prints) -> dict[str, Print]:
    """The fingerprint of every file in ``paths`` (and of all files in folders).

    A missing path has none. ``known`` fingerprints are reused while size and time are the same.
    """
    prints: dict[str, Print] = {}
    for path in paths:
        members = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for member in members:
            if member.is_file():
                name = _name(member, base)
                prints[name] = _print(member, known.get(name))
    return prints


def _name(path: Path, base: Path) -> str:
    return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)


def _print(path: Path, known: Print | None) -> Print:
    stat = path.stat()
    if known and (known.size_bytes, known.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
        return known
    return Print(sha256=sha256_of(path), size_bytes=stat.st_size, mtime_ns=stat.st_mtime_ns)


def write_stamp(folder: Path, stage: Stage, seen: Seen, *, base: Path) -> None:
    """Record that ``stage`` is done, with its settings, inputs and outputs."""
    write_json(
        stamp_path(folder, stage),
        {
            "version": 1,
            "stage": stage.name,
            "revision": stage.revision,
            "settings": seen.settings,
            "inputs": _as_json(seen.inputs),
            "outputs": _as_json(fingerprint(stage.outputs(), base, {})),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    )


def read_stamp(folder: Path, stage: Stage) -> Stamp | None:
    """The stamp of ``stage``; ``None`` if there is none that can be read."""
    try:
        value = read_json(stamp_path(folder, stage))
        if not isinstance(value["settings"], dict) or not isinstance(value["finished"], str):
            return None
        return Stamp(
            stage=value["stage"],
            revision=value["revision"],
            settings=value["settings"],
            inputs={name: Print(**item) for name, item in value["inputs"].items()},
            outputs={name: Print(**item) for name, item in value["outputs"].items()},
            finished=value["finished"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # without a readable stamp the stage counts as not done
        return None


def _as_json(prints: Prints) -> dict[str, Any]:
    return {
        name: {"sha256": p.sha256, "size_bytes": p.size_bytes, "mtime_ns": p.mtime_ns}
        for name, p in prints.items()
    }
