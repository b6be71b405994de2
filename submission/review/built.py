"""What the running image was built from, by its build.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from submission.errors import StageError
from submission.files import read_json
from submission.harness.digests import BUILD_FILE

# the names of the packages that a measurement depends on, in a run's metadata
PACKAGES = {"openvino": "openvino", "loadgen": "mlcommons-loadgen", "numpy": "numpy"}


@dataclass(frozen=True, kw_only=True)
class Built:
    """The ``fingerprint`` of the sources, and the ``packages`` by name and version."""

    kit: str
    fingerprint: str
    python: str
    packages: Mapping[str, str]

    def versions(self) -> dict[str, str]:
        """Versions under the names of run metadata."""
        known = {name: self.packages.get(package) for name, package in PACKAGES.items()}
        return {"python": self.python, **{k: v for k, v in known.items() if v is not None}}


def built(path: Path = BUILD_FILE) -> Built | None:
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
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StageError(
            "the image does not say what it was built from",
            detail=f"{path}: {type(error).__name__}: {error}",
            hint="build the image again: make image",
        ) from error
