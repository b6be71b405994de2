"""What a campaign's engine costs its coordinator, by the number of systems, on a real Ray cluster.

``python -m tests.contract.campaign_load 2 8 32`` starts that many nodes on this machine (190 MB and
ten seconds of one core each), sends ten cells to each whose command does nothing, and prints a row
of a table for each number.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from submission.fleet.protocol import ARCHIVE, CellOrder, Ending
from submission.fleet.ray.adapter import RayFleet
from submission.fleet.ray.idle import cpu_s
from submission.fleet.ray.node import NODE_FILE, ray_processes
from tests.fakes.ray_nodes import ROOT, RayNodes, ray_here

CELLS = 10
REST_S = 30.0
LIMIT_S = 600.0
PROGRAM = (sys.executable, str(ROOT / "tests" / "fakes" / "cell_program.py"))
PARTS = ("coordinator", "driver", "head")


@dataclass(frozen=True, kw_only=True)
class Side:
    """The processes of the coordinating machine, by part."""

    processes: dict[str, list[int]]

    def cpu_s(self) -> dict[str, float]:
        return {part: sum(cpu_s(found).values()) for part, found in self.processes.items()}

    def resident_mb(self) -> dict[str, float]:
        return {part: sum(map(_resident_mb, found)) for part, found in self.processes.items()}


def _resident_mb(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    (line,) = [each for each in status.splitlines() if each.startswith("VmRSS:")]
    return int(line.split()[1]) / 1000


@contextmanager
def cluster_of(systems: list[str], folder: Path) -> Iterator[RayNodes]:
    made = RayNodes(ray_here(folder), folder, PROGRAM, "k", most=len(systems))
    try:
        for system in systems:
            # one at a time: Ray gives up a node that takes long to come up
            made.join(system)
        yield made
    finally:
        made.stop()


def send_all(fleet: RayFleet, systems: Iterable[str]) -> int:
    """Ten cells to each system; how many ended well."""
    orders = [
        CellOrder(
            id=f"{system}-{number}",
            system=system,
            arguments=("--archive", ARCHIVE, "write=1"),
            timeout_s=LIMIT_S,
        )
        for system in systems
        for number in range(CELLS)
    ]
    for order in orders:
        fleet.send(order)
    done, until = 0, time.monotonic() + LIMIT_S
    while done < len(orders):
        assert time.monotonic() < until
        for end in fleet.poll(1.0):
            assert end.kind is Ending.DONE, end
            done += 1
    return done


def row(number: int) -> str:
    systems = [f"s{each}" for each in range(number)]
    with tempfile.TemporaryDirectory() as name, cluster_of(systems, Path(name)) as cluster:
        folder = Path(name)
        fleet = RayFleet(cluster.ray, cluster.address, inbox=folder / "inbox")
        with closing(fleet):
            driver = fleet._driver.pid
            head = ray_processes(cluster.folder / "head" / NODE_FILE)
            side = Side(processes=dict(zip(PARTS, ([os.getpid()], [driver], head), strict=True)))
            # the first cell of a node starts its worker
            send_all(fleet, systems)
            before, begun = side.cpu_s(), time.monotonic()
            done = send_all(fleet, systems)
            after, seconds = side.cpu_s(), time.monotonic() - begun
            fleet.poll(REST_S)
            at_rest = side.cpu_s()
            memory = side.resident_mb()
    each_ms = [1000 * (after[part] - before[part]) / done for part in PARTS]
    rest_s = [(at_rest[part] - after[part]) * 60 / REST_S for part in PARTS]
    cells = [
        str(number),
        *(f"{value:.1f} ms" for value in each_ms),
        ", ".join(f"{memory[part]:.0f}" for part in PARTS) + " MB",
        ", ".join(f"{value:.2f}" for value in rest_s) + " s",
        f"{done / seconds:.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def main(numbers: list[int]) -> None:
    head = ("systems", *(f"{part}, CPU a cell" for part in PARTS), "memory of these")
    head = (*head, "CPU of these in a minute in which nothing ends", "cells a second")
    sys.stdout.write(f"| {' | '.join(head)} |\n|{'---|' * len(head)}\n")
    for number in numbers:
        sys.stdout.write(row(number) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [2, 8, 32])
