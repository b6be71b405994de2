"""The published models' manifests with made-up content of the true sizes and layout."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
PUBLISHED = (
    "bert-99.9_jpqd-large",
    "bert-99_jpqd-large",
    "bert-99_jpqd-base",
    "bert-99_jpqd-mobilebert",
)


def synthetic_models(
    folder: Path, source: str, names: tuple[str, ...] = PUBLISHED
) -> tuple[list[Path], dict[str, bytes]]:
    """Manifests under ``folder`` for ``source``/<model>/<part>, and the content by that path."""
    content: dict[str, bytes] = {}
    manifests = []
    for number, name in enumerate(names):
        value = json.loads((ROOT / "models" / name / "manifest.json").read_text())
        random = np.random.default_rng(number)
        for entry in _entries(value):
            made = random.bytes(entry["bytes"])
            entry.pop("sha256", None)
            entry["git_blob"] = _blob(made)
            content[f"/{name}/{entry['name']}"] = made
        value |= {"sources": [f"{source}/{name}/{{file}}"], "made_up": True}
        path = folder / name / "manifest.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(value))
        manifests.append(path)
    return manifests, content


def _entries(value: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for file in value["files"] for part in file.get("parts", [file])]


def _blob(content: bytes) -> str:
    digest = hashlib.sha1(f"blob {len(content)}\0".encode())
    digest.update(content)
    return digest.hexdigest()
