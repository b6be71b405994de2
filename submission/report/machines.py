"""The machines of two trees, value by value: how the kit words them is no difference.

Trees of this kit hold the facts of their machine beside each run. Where both trees have them those
are compared, else the fields of the system descriptions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from submission.host.facts import cpu_name
from submission.report.facts import ReportedTree, host_of
from submission.report.overview import accelerators, processor
from submission.report.tables import NONE

GIB = 1 << 30
MOST_MEMORY = 1 << 60
"""More bytes than a machine has; beyond it the value is shown as it stands in the tree."""

FIELDS = (
    "number_of_nodes",
    "host_memory_capacity",
    "framework",
    "operating_system",
    "other_software_stack",
)
HARDWARE = frozenset(
    {
        "number of nodes",
        "accelerators",
        "processor",
        "processors",
        "sockets",
        "cores a socket",
        "logical CPUs",
    }
)
"""What makes another machine of it: names of the values, measured or described."""

WORDED = frozenset({"hw_notes", "sw_notes", "other_software_stack"})
"""Fields that the kit writes as sentences; their values stand in the run metadata."""

KIT_WORDS = (
    "Both trees are of this kit. Its notes on hardware and software, and remarks in brackets, are "
    "not compared: the values behind them are in the tables of systems and runs."
)
_REMARK = re.compile(r"\s*\([^()]*\)")

System = tuple[ReportedTree, str]


def machines(one: System, other: System) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What the two systems are, by name; both by their runs' facts or both as described."""
    hosts = [host_of(*each) for each in (one, other)]
    described = [tree.systems.get(name, {}) for tree, name in (one, other)]
    if all(hosts):
        a, b = (_measured(d, h) for d, h in zip(described, hosts, strict=True))
    else:
        a, b = map(_described, described)
    return a, b


def descriptions(one: System, other: System) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The fields of both descriptions, without what the kit words where both are of the kit."""
    described = [tree.systems.get(name, {}) for tree, name in (one, other)]
    if not (host_of(*one) and host_of(*other)):
        return described[0], described[1]
    a, b = ({k: v for k, v in each.items() if k not in WORDED} for each in described)
    same = [key for key in a.keys() & b.keys() if _bare(a[key]) == _bare(b[key])]
    for key in same:
        del a[key], b[key]
    return a, b


def unequal(a: Mapping[str, str], b: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Name and both values of what differs."""
    for name in dict.fromkeys((*a, *b)):
        if a.get(name, NONE) != b.get(name, NONE):
            yield name, a.get(name, NONE), b.get(name, NONE)


def _bare(text: object) -> str:
    return _REMARK.sub("", str(text)).strip()


def _described(described: Mapping[str, str]) -> dict[str, str]:
    said = {"processors": processor(described), "accelerators": accelerators(described)}
    return said | {name.replace("_", " "): described.get(name, NONE) for name in FIELDS}


def _measured(described: Mapping[str, str], host: Mapping[str, Any]) -> dict[str, str]:
    """The facts of a run's host; what is not known there is left out."""
    memory = host.get("memory_bytes")
    if isinstance(memory, int) and 0 < memory < MOST_MEMORY:
        memory = f"{memory / GIB:.1f} GiB"
    values = {
        "number of nodes": described.get("number_of_nodes"),
        "accelerators": accelerators(described),
        "processor": cpu_name(host.get("cpu_model"), host.get("cpu_generation")),
        "sockets": host.get("sockets"),
        "cores a socket": host.get("cores_per_socket"),
        "threads a core": host.get("threads_per_core"),
        "logical CPUs": host.get("logical_cpus"),
        "NUMA nodes": host.get("numa_nodes"),
        "memory": memory,
        "frequency governor": host.get("governor"),
        "turbo": host.get("turbo"),
        "kernel": host.get("kernel"),
        "operating system": host.get("operating_system"),
        "virtual machine": host.get("virtual_machine"),
        "container": _bare(host.get("container") or ""),
        "CPU quota": host.get("cpu_quota"),
        "framework": described.get("framework"),
    }
    # of another's tree it may be any JSON, a list as well
    return {name: str(v) for name, v in values.items() if v is not None and v != ""}
