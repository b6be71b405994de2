"""What a check costs beside the official checker, on published trees and on one made large."""

from __future__ import annotations

import os
import pstats
import shutil
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.errors import StageError, UsageError
from submission.lab.bench.checker_tree import copied, result_count, size_bytes, unpacked
from submission.policy import default_round
from submission.terms import Say

MB = 1e6
MIB_KIB = 1024
COPIES = 47
"""Of the 155 result folders of the fifteen published trees: 7285, as many as the round has."""

VERDICTS = (0, 1)
Functions = dict[tuple[str, int, str], tuple[int, int, float, float, Any]]
FUNCTIONS = 20
"""Lines that are shown of a profile."""

NOT_MEASURED = (
    "the official checker was not measured: name its submission_checker.py by --official-checker, "
    "or OFFICIAL_CHECKER=…; only figures of one machine, taken in turn, are compared"
)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a process and those that it started cost: seconds of CPU and of wall time, peak MiB."""

    cpu_s: float
    wall_s: float
    peak_mib: float


@dataclass(frozen=True, kw_only=True)
class Case:
    """One tree and what was measured on it; ``official`` is None where it was not named."""

    name: str
    results: int
    size_mb: float
    ours: dict[int, Cost]
    official: Cost | None


@dataclass(frozen=True, kw_only=True)
class CheckerBench:
    """What is timed: the trees of ``archives`` (*.tar.xz), and ``copies`` of them as one tree.

    ``official_checker`` is a submission_checker.py to run in turn with ours. The trees are made in
    ``folder`` and removed again. The checkers inherit ``environment``. With ``profiled``, one more
    check says in which functions it spends its time.
    """

    archives: Path | None
    folder: Path
    environment: Mapping[str, str]
    official_checker: str | None = None
    rounds: int = 5
    copies: int = COPIES
    profiled: bool = False


def bench_checker(asked: CheckerBench, *, say: Say, warn: Say) -> None:
    """Print a table: medians of the rounds on the trees, one round on the large one.

    Raises UsageError for a folder without archives and a checker that is no file, StageError where
    a checker ends without its verdict.
    """
    if asked.archives is None or not any(asked.archives.glob("*.tar.xz")):
        raise UsageError(
            "there are no trees to check",
            detail=f"no *.tar.xz in {asked.archives}" if asked.archives else "no folder was named",
            hint="give the folder of the archives: --archives DIR, or make bench-check ARCHIVES=…",
        )
    if asked.official_checker is not None and not Path(asked.official_checker).is_file():
        raise UsageError(
            "there is no official checker to run",
            detail=f"no file {asked.official_checker}",
            hint="name the submission_checker.py of a checkout of the official repository",
        )
    trees = asked.folder / "trees"
    shutil.rmtree(trees, ignore_errors=True)
    try:
        warn("unpacking")
        small = unpacked(asked.archives, trees / "small")
        cases = [_case(small, asked, warn, rounds=asked.rounds)]
        functions = list(_profile(small, asked)) if asked.profiled else []
        if asked.copies > 0:
            warn(f"copying {asked.copies} times")
            large = copied(small, trees / "large", asked.copies)
            cases.append(_case(large, asked, warn, rounds=1))
    finally:
        shutil.rmtree(trees, ignore_errors=True)
    say("\n".join((*_table(cases), *functions)))


def _case(tree: Path, asked: CheckerBench, warn: Say, *, rounds: int) -> Case:
    """All checkers take turns in every round, so that a busy minute hits them alike."""
    commands: dict[int, list[str]] = {jobs: _ours(tree, jobs) for jobs in (1, 2)}
    table = tree.parent / "official.csv"
    if asked.official_checker is not None:
        official = [sys.executable, asked.official_checker, "--version", default_round()]
        commands[0] = [*official, "--input", str(tree), "--csv", str(table)]
    costs: dict[int, list[Cost]] = {jobs: [] for jobs in commands}
    _measured(_ours(tree, 1), asked.environment)  # what the disk holds comes into memory first
    for number in range(rounds):
        for jobs, command in commands.items():
            table.unlink(missing_ok=True)
            costs[jobs].append(_measured(command, asked.environment))
            if not jobs and not table.is_file():
                raise StageError(
                    "the official checker did not end as it does",
                    detail=f"it wrote no table of the {tree.name} tree: {' '.join(command)}",
                    hint="run that command to see why; what it took says nothing",
                )
        warn(f"{tree.name} tree, round {number + 1} of {rounds}: {_words(costs, number)}")
    medians = {jobs: _median(found) for jobs, found in costs.items()}
    return Case(
        name=tree.name,
        results=result_count(tree),
        size_mb=size_bytes(tree) / MB,
        ours={jobs: cost for jobs, cost in medians.items() if jobs},
        official=medians.get(0),
    )


def _ours(tree: Path, jobs: int) -> list[str]:
    return [sys.executable, "-m", *_check(tree, jobs)]


def _check(tree: Path, jobs: int) -> list[str]:
    return ["submission", "check", "--input", str(tree), "--quiet", "--jobs", str(jobs)]


def _profile(tree: Path, asked: CheckerBench) -> Iterator[str]:
    """The functions of one process that take most of its time themselves."""
    path = tree.parent / "profile"
    profiler = [sys.executable, "-m", "cProfile", "-o", str(path), "-m"]
    _measured([*profiler, *_check(tree, 1)], asked.environment)
    # (file, line, name): (calls, calls that are no recursion, own time, time, callers)
    functions: Functions = vars(pstats.Stats(str(path)))["stats"]
    total_s = sum(found[2] for found in functions.values())
    yield f"the {FUNCTIONS} functions of most time of their own (a profile makes calls dearer):"
    first = sorted(functions, key=lambda name: functions[name][2], reverse=True)[:FUNCTIONS]
    for name in first:
        _, calls, own_s, *_ = functions[name]
        where = "" if name[0] == "~" else "/".join(Path(name[0]).parts[-2:]) + ": "
        yield f"{own_s / total_s:>7.1%}{calls:>12}  {where}{name[2]}"


def _measured(command: list[str], environment: Mapping[str, str]) -> Cost:
    """Run a command to its end, whatever it says of the tree.

    Raises StageError for one of ours that ended with neither verdict.
    """
    start = time.perf_counter()
    with Path(os.devnull).open("wb") as nowhere:
        to_nowhere = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), stream) for stream in (1, 2)]
        child = os.posix_spawn(command[0], command, environment, file_actions=to_nowhere)
        _, status, usage = os.wait4(child, 0)
    if "submission" in command and os.waitstatus_to_exitcode(status) not in VERDICTS:
        raise StageError(
            "the check gave no verdict",
            detail=f"exit code {os.waitstatus_to_exitcode(status)} of {' '.join(command)}",
            hint="run that command to see why",
        )
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


def _table(cases: list[Case]) -> Iterator[str]:
    yield _row("tree", "results", "MB", "checker", "CPU s", "wall s", "peak MiB", "of official")
    for case in cases:
        head = case.name, f"{case.results}", f"{case.size_mb:.0f}"
        every = {**case.ours, 0: case.official}
        for jobs, cost in every.items():
            if cost is None:
                continue
            figures = [f"{cost.cpu_s:.2f}", f"{cost.wall_s:.2f}", f"{cost.peak_mib:.0f}"]
            if jobs and case.official is not None:
                figures.append(f"{cost.cpu_s / case.official.cpu_s:.1%}")
            yield _row(*head, _name(jobs), *figures)
        faster = case.ours[1].wall_s / case.ours[2].wall_s
        yield f"{case.name} tree: two processes end {faster:.2f} times as fast by the clock"
    if not all(case.official for case in cases):
        yield NOT_MEASURED


def _row(*cells: str) -> str:
    tree, results, size, checker, *figures = cells
    start = f"{tree:<6}{results:>8}{size:>7}  {checker:<12}"
    return start + "".join(f"{figure:>12}" for figure in figures)
