"""What a check costs beside the official checker, on published trees and on one made large."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from submission.errors import UsageError
from submission.lab.bench.checker_tree import copied, result_count, size_bytes, unpacked
from submission.policy import default_round
from submission.terms import Say

MB = 1e6
MIB_KIB = 1024
COPIES = 47
"""Of the 155 result folders of the fifteen published trees: 7285, as many as the round has."""

OFFICIAL_SMALL_S = 6.45
OFFICIAL_LARGE_S = 240.0
RECORDED = (
    "the official checker's figures are those recorded on a quiet machine of two cores: 6.3 to "
    "6.6 s of CPU for the fifteen trees, about 240 s for the whole round of 7285 result folders"
)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a process and those that it started cost: seconds of CPU and of wall time, peak MiB."""

    cpu_s: float
    wall_s: float
    peak_mib: float


@dataclass(frozen=True, kw_only=True)
class Case:
    """One tree and what was measured on it; ``official_cpu_s`` is measured or recorded."""

    name: str
    results: int
    size_mb: float
    ours: dict[int, Cost]
    official_cpu_s: float


@dataclass(frozen=True, kw_only=True)
class CheckerBench:
    """What is timed: the trees of ``archives`` (*.tar.xz), and ``copies`` of them as one tree.

    ``official_checker`` is a submission_checker.py to run side by side. ``folder`` is made, used
    and removed. The checkers inherit ``environment``.
    """

    archives: Path | None
    folder: Path
    environment: Mapping[str, str]
    official_checker: str | None = None
    rounds: int = 5
    copies: int = COPIES


def bench_checker(asked: CheckerBench, *, say: Say, warn: Say) -> None:
    """Print a table: medians of the rounds on the trees, one round on the large one."""
    if asked.archives is None or not any(asked.archives.glob("*.tar.xz")):
        raise UsageError(
            "there are no trees to check",
            detail=f"no *.tar.xz in {asked.archives}" if asked.archives else "no folder was named",
            hint="give the folder of the archives: --archives DIR, or make bench-check ARCHIVES=…",
        )
    shutil.rmtree(asked.folder, ignore_errors=True)
    try:
        warn("unpacking")
        small = unpacked(asked.archives, asked.folder / "small")
        cases = [_case(small, asked, warn, recorded_s=OFFICIAL_SMALL_S, rounds=asked.rounds)]
        if asked.copies > 0:
            warn(f"copying {asked.copies} times")
            large = copied(small, asked.folder / "large", asked.copies)
            recorded = OFFICIAL_LARGE_S * asked.copies / COPIES
            cases.append(_case(large, asked, warn, recorded_s=recorded, rounds=1))
    finally:
        shutil.rmtree(asked.folder, ignore_errors=True)
    say("\n".join(_table(cases, side_by_side=asked.official_checker is not None)))


def _case(tree: Path, asked: CheckerBench, warn: Say, *, recorded_s: float, rounds: int) -> Case:
    """All checkers take turns in every round, so that a busy minute hits them alike."""
    commands: dict[int, list[str]] = {jobs: _ours(tree, jobs) for jobs in (1, 2)}
    if asked.official_checker:
        csv = str(asked.folder / "official.csv")
        official = [sys.executable, asked.official_checker, "--version", default_round()]
        commands[0] = [*official, "--input", str(tree), "--csv", csv]
    costs: dict[int, list[Cost]] = {jobs: [] for jobs in commands}
    _measured(_ours(tree, 1), asked.environment)  # what the disk holds comes into memory first
    for number in range(rounds):
        for jobs, command in commands.items():
            costs[jobs].append(_measured(command, asked.environment))
        warn(f"{tree.name} tree, round {number + 1} of {rounds}: {_words(costs, number)}")
    medians = {jobs: _median(found) for jobs, found in costs.items()}
    official_cpu_s = medians[0].cpu_s if 0 in medians else recorded_s
    return Case(
        name=tree.name,
        results=result_count(tree),
        size_mb=size_bytes(tree) / MB,
        ours={jobs: cost for jobs, cost in medians.items() if jobs},
        official_cpu_s=official_cpu_s,
    )


def _ours(tree: Path, jobs: int) -> list[str]:
    words = ["-m", "submission", "check", "--input", str(tree), "--quiet", "--jobs", str(jobs)]
    return [sys.executable, *words]


def _measured(command: list[str], environment: Mapping[str, str]) -> Cost:
    """Run a command to its end, whatever it says of the tree."""
    start = time.perf_counter()
    with Path(os.devnull).open("wb") as nowhere:
        to_nowhere = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), stream) for stream in (1, 2)]
        child = os.posix_spawn(command[0], command, environment, file_actions=to_nowhere)
        _, _, usage = os.wait4(child, 0)
    return Cost(
        cpu_s=usage.ru_utime + usage.ru_stime,
        wall_s=time.perf_counter() - start,
        peak_mib=usage.ru_maxrss / MIB_KIB,
    )


def _median(costs: list[Cost]) -> Cost:
    return Cost(
        cpu_s=statistics.median(cost.cpu_s for cost in costs),
        wall_s=statistics.median(cost.wall_s for cost in costs),
        peak_mib=max(cost.peak_mib for cost in costs),
    )


def _words(costs: dict[int, list[Cost]], number: int) -> str:
    return ", ".join(
        f"{_name(jobs)} {found[number].cpu_s:.2f} s CPU" for jobs, found in costs.items()
    )


def _name(jobs: int) -> str:
    return {0: "official", 1: "one process"}.get(jobs, f"{jobs} processes")


def _table(cases: list[Case], *, side_by_side: bool) -> Iterator[str]:
    yield _row("tree", "results", "MB", "checker", "CPU s", "wall s", "peak MiB", "of official")
    for case in cases:
        head = case.name, f"{case.results}", f"{case.size_mb:.0f}"
        for jobs, cost in case.ours.items():
            share = f"{cost.cpu_s / case.official_cpu_s:.1%}"
            figures = f"{cost.cpu_s:.2f}", f"{cost.wall_s:.2f}", f"{cost.peak_mib:.0f}"
            yield _row(*head, _name(jobs), *figures, share)
        yield _row(*head, _name(0), f"{case.official_cpu_s:.2f}")
    yield "measured side by side" if side_by_side else RECORDED


def _row(*cells: str) -> str:
    tree, results, size, checker, *figures = cells
    start = f"{tree:<6}{results:>8}{size:>7}  {checker:<12}"
    return start + "".join(f"{figure:>12}" for figure in figures)
