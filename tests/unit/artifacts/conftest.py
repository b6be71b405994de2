"""A small model in parts, as the tests of this room need it."""

from __future__ import annotations

from pathlib import Path

import pytest

from submission.artifacts.manifest import Manifest
from submission.artifacts.split import split_all

ABOUT = {
    "name": "toy",
    "kind": "model",
    "licence": "Apache-2.0",
    "origin": "made for a test",
}


@pytest.fixture
def toy(tmp_path: Path) -> Manifest:
    """2,500 bytes of weights in three parts, and a whole topology of 40 bytes."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "model.bin").write_bytes(bytes(i * 7 % 251 for i in range(2500)))
    (source / "model.xml").write_bytes(b"<net name='toy' version='11'></net>\n    ")
    files = [(source / "model.bin", "weights"), (source / "model.xml", "topology")]
    return split_all(files, tmp_path / "toy", ABOUT, part_bytes=1000)


@pytest.fixture
def parts(toy: Manifest) -> Path:
    """The folder with the toy's parts."""
    return toy.path.parent / "parts"
