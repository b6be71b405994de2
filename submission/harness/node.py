"""NUMA nodes: which ones a run may use, their processors, and whether the run is split by them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from submission.harness.facts import usable_cores
from submission.host.kernel_text import cpu_numbers
from submission.terms import SutPlan

# the kernel's own tree: node0/cpulist, node1/cpulist, …
NODES = Path("/sys/devices/system/node")


@dataclass(frozen=True, kw_only=True)
class Node:
    """A NUMA node, and its processors that this process may use, ascending."""

    number: int
    cpus: tuple[int, ...]


def usable_nodes(root: Path, allowed: Collection[int]) -> list[Node]:
    """The nodes below ``root`` that have processors among ``allowed``; may be empty."""
    found = []
    for path in root.glob("node[0-9]*/cpulist"):
        try:
            number = int(path.parent.name.removeprefix("node"))
            cpus = cpu_numbers(path.read_text(encoding="ascii")) & set(allowed)
        except (OSError, ValueError):
            continue
        if cpus:
            found.append(Node(number=number, cpus=tuple(sorted(cpus))))
    return sorted(found, key=lambda node: node.number)


def nodes_to_split(plan: SutPlan, root: Path) -> tuple[list[Node], str]:
    """The nodes that get a process each (none: one process in all), and the reason."""
    allowed = os.sched_getaffinity(0)
    nodes = usable_nodes(root, allowed)
    if len(nodes) <= 1:
        return [], "one process: the run has the processors of one NUMA node"
    if not plan.per_node:
        return [], f"one process on {len(nodes)} NUMA nodes, as the plan says"
    if usable_cores() < len(allowed):
        return [], "one process: a quota grants less time than the processors of the nodes have"
    return nodes, f"a process for each of {len(nodes)} NUMA nodes"


@contextmanager
def on_cpus(cpus: Collection[int]) -> Iterator[None]:
    """Pin this thread, and what it starts, to these processors inside the block."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
