"""What an image knows of the checkout it was built from, besides the sources that run in it.

Set-up from source runs files that are not in the image, waivers come from profiles, and manifests
say which data and models a name stands for. The image's build.json holds digests and names of them,
so that a tree cannot be the only witness of itself.

An image knows nothing of the models and data that a person took over: else each of them, and each
word that is written into its manifest later, would make another image, and every run be repeated.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from submission.files import sha256_of

SET_UP = ("Makefile", "pyproject.toml", "requirements*.txt", "tools/*.py", "tools/*.sh")
PROFILES = "measurements/profiles/*.json"
MANIFESTS = "models/*/manifest.json"
WITNESSES = (*SET_UP, PROFILES, MANIFESTS)
"""Patterns of files that a build is sent to be read, not installed (`.dockerignore` has them)."""


def witness_files(context: Path) -> Iterator[str]:
    """The paths under ``context`` that ``witnesses`` reads, sorted."""
    others = (*SET_UP, PROFILES)
    found = {path for pattern in others for path in context.glob(pattern) if path.is_file()}
    found.update(_manifests(context))
    yield from sorted(path.relative_to(context).as_posix() for path in found)


def witnesses(context: Path) -> dict[str, Any]:
    """``set_up``: digests by path; ``profiles``: waivers by name; ``manifests``: files by name.

    ``models`` is what manifests of the kit's models and data sets say, by name. Numbers of profiles
    are left out: who measures with others needs no other image.
    """
    manifests = _manifests(context)
    return {
        "set_up": set_up_digests(context),
        "profiles": profile_records(context),
        "manifests": {path.parent.name: _files(path) for path in manifests},
        "models": {path.parent.name: model_record(path) for path in manifests},
    }


def _manifests(context: Path) -> list[Path]:
    """The manifests of the kit's own models and data sets, sorted."""
    return [path for path in sorted(context.glob(MANIFESTS)) if not is_own(path)]


def is_own(path: Path) -> bool:
    """Whether a manifest is of what a person took over; so is one that cannot be read.

    ``add-model`` and ``add-data`` write into each whether it is private, which the kit's do not.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return True
    return not isinstance(value, dict) or "private" in value


def profile_records(context: Path) -> dict[str, Mapping[str, Any]]:
    """What an image knows of each profile below ``context``, by name."""
    return {path.stem: _profile(path) for path in sorted(context.glob(PROFILES))}


def profile_of(name: str, known: Iterable[str]) -> str | None:
    """The known profile of that name, or the one it was made of (``demo-mymodel`` of ``demo``)."""
    found = [each for each in known if name == each or name.startswith(f"{each}-")]
    return max(found, key=len, default=None)


def set_up_digests(context: Path) -> dict[str, str]:
    """SHA-256 of every file that set-up from source runs, by path."""
    found = sorted(path for pattern in SET_UP for path in context.glob(pattern))
    return {path.relative_to(context).as_posix(): sha256_of(path) for path in found}


def _profile(path: Path) -> Mapping[str, Any]:
    value = json.loads(path.read_text(encoding="utf-8"))
    return {
        "about": value.get("about"),
        "submittable": value.get("submittable"),
        "reference": value.get("reference"),
        "dataset": value.get("dataset"),
        "waivers": value.get("waivers", []),
    }


def model_record(path: Path) -> dict[str, Any]:
    """What a manifest says of a model or data set that texts and reports give, beside files."""
    value = json.loads(path.read_text(encoding="utf-8"))
    fields = (
        "origin",
        "licence",
        "samples",
        "mlperf_model",
        "weight_data_types",
        "measurement",
        "structured_sparsity_percent",
        "accuracy",
        "published",
        "private",
    )
    return {"trained": "training" in value, **{name: value.get(name) for name in fields}}


def _files(path: Path) -> dict[str, str]:
    """File to SHA-256, of the files whose digest is published."""
    files = json.loads(path.read_text(encoding="utf-8")).get("files", [])
    return {file["name"]: file["sha256"] for file in files if "sha256" in file}
