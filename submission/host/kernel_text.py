"""Texts of the kernel that both the host's facts and the harness read."""

from __future__ import annotations

import re

_CPU_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


def cpu_ranges(cpu_list: str) -> list[range]:
    """The processors of a list such as ``0-3,8``; an empty list for an empty text.

    Raises ValueError for other text.
    """
    ranges = []
    for item in cpu_list.strip().split(",") if cpu_list.strip() else ():
        found = _CPU_RANGE.fullmatch(item.strip())
        if found is None:
            raise ValueError(f"{item[:40]!r} is neither a processor nor a range of them")
        ranges.append(range(int(found[1]), int(found[2] or found[1]) + 1))
    return ranges


def cpu_numbers(cpu_list: str) -> set[int]:
    """The processors of a list such as ``0-3,8``; ValueError for other text."""
    return {number for numbers in cpu_ranges(cpu_list) for number in numbers}


def wrong_cpus(cpu_list: str) -> tuple[str, str] | None:
    """The first part of a list that is none of a machine's, and why; None if there is none."""
    for part in cpu_list.split(","):
        try:
            ranges = cpu_ranges(part)
        except ValueError:
            return part, "names a processor that no machine has"
        if not all(ranges):
            return part, "has a range that ends before it starts"
    return None


def count_cpus(cpu_list: str) -> int | None:
    """How many processors a list such as ``0-3,8`` names; None for an empty or other text."""
    try:
        return sum(map(len, cpu_ranges(cpu_list))) if cpu_list.strip() else None
    except ValueError:
        return None


def cpuinfo(text: str | None) -> list[dict[str, str]]:
    """The fields of each processor in ``/proc/cpuinfo``."""
    tables = []
    for block in (text or "").split("\n\n"):
        pairs = (line.partition(":") for line in block.splitlines() if ":" in line)
        table = {key.strip(): value.strip() for key, _, value in pairs}
        if "processor" in table:
            tables.append(table)
    return tables
