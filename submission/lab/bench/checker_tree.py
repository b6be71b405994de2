"""Trees to time the checker on: published archives unpacked, and the same made large by copying."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

DETAIL = "mlperf_log_detail.txt"
HEAD_BYTES = 4096
TIME = b'"time_ms": 0.'


def unpacked(archives: Path, root: Path) -> Path:
    """The archives of a folder, side by side in one tree."""
    for archive in sorted(archives.glob("*.tar.xz")):
        with tarfile.open(archive) as stream:
            stream.extractall(root, filter="data")
    return root


def copied(tree: Path, root: Path, copies: int) -> Path:
    """So many copies of every submitter under names of their own; their logs differ in a digit."""
    for number in range(copies):
        for submitter in _submitters(tree):
            name = f"{submitter.name}{number:03}"
            target = root / submitter.parent.name / name
            shutil.copytree(submitter, target, copy_function=shutil.copyfile)
            for system in target.glob("systems/*.json"):
                old = system.read_text(encoding="utf-8")
                system.write_text(old.replace(f'"{submitter.name}"', f'"{name}"'), encoding="utf-8")
            for log in target.rglob(DETAIL):
                _renumber(log, number)
    return root


def result_count(root: Path) -> int:
    """How many result folders a tree has."""
    return sum(1 for submitter in _submitters(root) for _ in submitter.glob("results/*/*/*/"))


def size_bytes(root: Path) -> int:
    """What all files of a tree hold."""
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())


def _submitters(root: Path) -> Iterator[Path]:
    for division in ("closed", "network", "open"):
        yield from sorted(path for path in (root / division).glob("*") if path.is_dir())


def _renumber(log: Path, number: int) -> None:
    """Other digits in the first time stamp, so that no log is another one's bytes."""
    with log.open("r+b") as stream:
        at = stream.read(HEAD_BYTES).find(TIME)
        if at >= 0:
            stream.seek(at + len(TIME))
            stream.write(f"{number:03}".encode())
