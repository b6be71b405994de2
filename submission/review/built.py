"""What the running image was built from, by its build.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from submission.container.context import BUILD_FILE, folder_digest
from submission.container.sbom import SBOM_FILE, packages
from submission.errors import StageError
from submission.files import read_json
from submission.harness import facts

# the names of the packages that a measurement depends on, in a run's metadata
PACKAGES = {**facts.PACKAGES, "numpy": "numpy"}
# what runs in an image: the kit as it was installed and compiled
KIT = Path("/opt/kit")


@dataclass(frozen=True, kw_only=True)
class Built:
    """The ``fingerprint`` of the sources, and the ``packages`` by name and version.

    ``installed`` is the digest of the code in the image when it was built, ``running`` that of now.
    ``set_up``, ``profiles``, ``manifests`` and ``models`` are as in ``container.witnesses``;
    ``sbom`` is name of a package to its version. An image of an earlier kit lacks them.
    """

    kit: str
    fingerprint: str
    python: str
    packages: Mapping[str, str]
    installed: str | None = None
    running: str | None = None
    sbom: Mapping[str, str] = field(default_factory=dict)
    set_up: Mapping[str, str] = field(default_factory=dict)
    profiles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    manifests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def versions(self) -> dict[str, str]:
        """Versions under the names of run metadata."""
        known = {name: self.packages.get(package) for name, package in PACKAGES.items()}
        return {"python": self.python, **{k: v for k, v in known.items() if v is not None}}


def built(path: Path = BUILD_FILE, *, kit: Path = KIT, sbom_file: Path = SBOM_FILE) -> Built | None:
    """The facts of the running image, ``None`` outside of one.

    Raises StageError for a build.json that is not the kit's.
    """
    if not path.is_file():
        return None
    try:
        value = read_json(path)
        return Built(
            kit=value["kit"],
            fingerprint=value["fingerprint"],
            python=value["python"],
            packages=dict(value["packages"]),
            installed=value.get("installed"),
            running=folder_digest(kit) if kit.is_dir() else None,
            sbom=packages(read_json(sbom_file)) if sbom_file.is_file() else {},
            set_up=dict(value.get("set_up", {})),
            profiles=dict(value.get("profiles", {})),
            manifests=dict(value.get("manifests", {})),
            models=dict(value.get("models", {})),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StageError(
            "the image does not say what it was built from",
            detail=f"{path}: {type(error).__name__}: {error}",
            hint="build the image again: make image",
        ) from error
