"""Trees to time the checker on: published archives unpacked, and the same made large by copying."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from submission.loadgen.names import DETAIL_FILE
from submission.policy import default_round
from submission.terms import Division
from submission.tree.archive import unpack
from submission.tree.grammar import Area, submitter_folder
from submission.tree.round import layout_of

LAYOUT = layout_of(default_round())
HEAD_BYTES = 4096
TIME = b'"time_ms": 0.'


def unpacked(archives: Path, root: Path) -> Path:
    """The archives of a folder, side by side in one tree."""
    for archive in sorted(archives.glob("*.tar.xz")):
        unpack(archive, root)
    return root


def copied(tree: Path, root: Path, copies: int) -> Path:
    """``copies`` of every submitter under names of their own, whose logs differ in a digit."""
    for number in range(copies):
        for submitter in _submitters(tree):
            name = f"{submitter.name}{number:03}"
            owner = submitter_folder(submitter.parent.name, name)
            shutil.copytree(submitter, root / owner, copy_function=shutil.copyfile)
            for system in root.glob(LAYOUT.path(Area.SYSTEMS, owner, "*")):
                old = system.read_text(encoding="utf-8")
                system.write_text(old.replace(f'"{submitter.name}"', f'"{name}"'), encoding="utf-8")
            for log in (root / owner).rglob(DETAIL_FILE):
                _renumber(log, number)
    return root


def result_count(root: Path) -> int:
    """How many result folders a tree has."""
    pattern = LAYOUT.path(Area.RESULTS, "*/*", "*", "*", "*")
    return sum(path.is_dir() for path in root.glob(pattern))


def size_bytes(root: Path) -> int:
    """What all files of a tree hold."""
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())


def _submitters(root: Path) -> Iterator[Path]:
    for division in Division:
        yield from sorted(path for path in (root / division).glob("*") if path.is_dir())


def _renumber(log: Path, number: int) -> None:
    """Other digits in the first time stamp, so that no log is another one's bytes."""
    with log.open("r+b") as stream:
        at = stream.read(HEAD_BYTES).find(TIME)
        if at >= 0:
            stream.seek(at + len(TIME))
            stream.write(f"{number:03}".encode())
