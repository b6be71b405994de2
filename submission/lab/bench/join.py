"""Time the join of a model beside reading, hashing and writing the same bytes once."""

from __future__ import annotations

import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from submission.artifacts.manifest import Manifest, load_manifest
from submission.artifacts.progress_text import bytes_text
from submission.artifacts.rejoin import rejoin
from submission.artifacts.split import PART_BYTES, split_all
from submission.files import CHUNK_BYTES
from submission.terms import Say

_NAME = "random-bytes"
_BLOCK_BYTES = 1 << 24
_MIB_KIB = 1024


def bench_join(folder: Path, *, size_bytes: int, rounds: int, say: Say, warn: Say) -> None:
    """Print the median of both, their ratio and the peak memory of a join in its own process.

    ``folder`` is made, used and removed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    try:
        manifest = _random_model(folder, size_bytes)
        taken = []
        for number in range(rounds):
            taken.append(_round(manifest, folder, once_first=number % 2 == 0))
            once, join = taken[-1]
            warn(f"round {number + 1}: once {once:.2f} s, join {join:.2f} s")
        _report(size_bytes, taken, say)
        say(f"peak memory of a join in its own process: {_peak_mib(folder):.1f} MiB")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _round(manifest: Manifest, folder: Path, *, once_first: bool) -> tuple[float, float]:
    """Seconds of both; they take turns in going first, and neither sees the other's output."""
    parts = manifest.path.parent / "parts"
    works: list[Callable[[], object]] = [
        lambda: _once(manifest, parts, folder / "models" / "once.bin"),
        lambda: rejoin(manifest, parts, folder / "models"),
    ]
    seconds = [0.0, 0.0]
    for number in (0, 1) if once_first else (1, 0):
        (folder / "models").mkdir()
        seconds[number] = _timed(works[number])
        shutil.rmtree(folder / "models")
    return seconds[0], seconds[1]


def _random_model(folder: Path, size_bytes: int) -> Manifest:
    folder.mkdir(parents=True)
    source = folder / "model.bin"
    random = np.random.default_rng(0)
    with source.open("wb") as stream:
        for start in range(0, size_bytes, _BLOCK_BYTES):
            stream.write(random.bytes(min(_BLOCK_BYTES, size_bytes - start)))
    about = {
        "name": _NAME,
        "kind": "model",
        "licence": "none",
        "origin": "random bytes, for timing only",
        "made_up": True,
    }
    manifest = split_all([(source, "weights")], folder / _NAME, about, part_bytes=PART_BYTES)
    source.unlink()
    (folder / "parts").mkdir()
    (folder / _NAME / "parts").rename(folder / "parts" / _NAME)
    (folder / _NAME / "parts").symlink_to(folder.absolute() / "parts" / _NAME)
    return manifest


def _once(manifest: Manifest, parts: Path, to: Path) -> None:
    """Read, hash and write every byte once: the least that a join can do."""
    digest = hashlib.sha256()
    with to.open("wb") as out:
        for _, part in manifest.parts():
            with (parts / part.name).open("rb") as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    digest.update(chunk)
                    out.write(chunk)
        out.flush()
        os.fsync(out.fileno())


def _timed(work: Callable[[], object]) -> float:
    os.sync()  # neither pays for what the other left to be written
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _report(size_bytes: int, rounds: list[tuple[float, float]], say: Say) -> None:
    once_s = statistics.median(once for once, _ in rounds)
    join_s = statistics.median(join for _, join in rounds)
    size = bytes_text(size_bytes)
    say(f"{size} read, hashed and written once: {once_s:.2f} s")
    say(f"{size} joined and verified:           {join_s:.2f} s")
    say(f"speed of the join: {once_s / join_s:.0%} of once (medians of {len(rounds)} rounds)")


def _peak_mib(folder: Path) -> float:
    """Peak resident memory of a join in a process of its own, in MiB.

    The process reads it from /proc at its end: what ``getrusage`` reports of a child includes
    the memory of the parent that it was forked from.
    """
    command = [sys.executable, "-m", __spec__.name, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout) / _MIB_KIB


def _join_and_print_peak_kib(folder: Path) -> None:
    rejoin(load_manifest(folder / _NAME), folder / "parts" / _NAME, folder / "models")
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    sys.stdout.write(f"{peak}\n")


if __name__ == "__main__":
    _join_and_print_peak_kib(Path(sys.argv[1]))
