"""The limits that control groups set for this process: of its own group and of all above it.

Both hierarchies are read, v1 and v2: machines have either, or some controllers of each. ``read``
returns a file's text, ``None`` where there is none. Source: the kernel's admin-guide, cgroup-v1
and cgroup-v2.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

Read = Callable[[str], str | None]

ROOT = "/sys/fs/cgroup"
# cgroup v1 writes a number near 2^63 for "no limit"
UNLIMITED_BYTES = 1 << 60
MAX_DIGITS = 20
# of cpu.stat: v2 counts in microseconds, v1 in nanoseconds
THROTTLED_PER_S = {"throttled_usec": 1e6, "throttled_time": 1e9}


@dataclass(frozen=True, kw_only=True)
class MemoryFiles:
    """File names of one hierarchy, and the lines of ``memory.stat`` that count cache."""

    limit: str
    used: str
    cache: tuple[str, ...]


V2 = MemoryFiles(limit="memory.max", used="memory.current", cache=("inactive_file", "active_file"))
V1 = MemoryFiles(
    limit="memory.limit_in_bytes",
    used="memory.usage_in_bytes",
    cache=("total_inactive_file", "total_active_file"),
)


def cpu_quota(read: Read) -> float | None:
    """The smallest CPU quota up to the root group, in processors; ``None`` without a limit."""
    found = []
    for folder in _folders(read, "cpu"):
        pair = (read(f"{folder}/cpu.max") or "").split()
        if not pair:
            names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            pair = [read(f"{folder}/{name}") or "" for name in names]
        quota, period = parse_positive_int(pair[0]), parse_positive_int(pair[-1])
        if len(pair) == len(("quota", "period")) and quota and period:
            found.append(quota / period)
    return min(found, default=None)


def throttled_s(read: Read) -> float | None:
    """Seconds that a CPU quota has held processes up so far; None where no group counts them."""
    found = []
    for folder in _folders(read, "cpu"):
        for line in (read(f"{folder}/cpu.stat") or "").splitlines():
            name, _, value = line.partition(" ")
            if name in THROTTLED_PER_S and value.strip().isdigit():
                found.append(int(value) / THROTTLED_PER_S[name])
    return max(found, default=None)


def granted_cores(cores: int, quota: float | None) -> int:
    """How many of ``cores`` a quota of ``quota`` processors allows, rounded, at least 1."""
    return cores if quota is None else max(1, min(cores, math.floor(quota + 0.5)))


def memory_limit_bytes(read: Read) -> int | None:
    """The smallest memory limit up to the root group; ``None`` without one."""
    return min((limit for limit, _ in _memory(read)), default=None)


def memory_room_bytes(read: Read) -> int | None:
    """Memory that the process can still allocate under all limits; ``None`` without a limit.

    File cache does not count as used, inactive or active: the kernel reclaims both.
    """
    return min((max(0, limit - used) for limit, used in _memory(read)), default=None)


def parse_positive_int(text: str | None) -> int | None:
    """A positive integer in plain digits, as the kernel writes it; ``None`` for other text."""
    digits = (text or "").strip()
    known = digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS
    return int(digits) or None if known else None


def _memory(read: Read) -> Iterator[tuple[int, int]]:
    """Limit and use of each group that has a limit."""
    for folder in _folders(read, "memory"):
        for names in (V2, V1):
            limit = parse_positive_int(read(f"{folder}/{names.limit}"))
            if limit and limit < UNLIMITED_BYTES:
                used = parse_positive_int(read(f"{folder}/{names.used}")) or 0
                stat = read(f"{folder}/memory.stat")
                cache = sum(_bytes(stat, name) for name in names.cache)
                yield limit, max(0, used - cache)


def _bytes(stat: str | None, name: str) -> int:
    found = re.search(rf"^{name} (\d{{1,{MAX_DIGITS}}})$", stat or "", re.MULTILINE | re.ASCII)
    return int(found[1]) if found else 0


def _folders(read: Read, controller: str) -> list[str]:
    groups = _groups(read("/proc/self/cgroup"))
    v1 = _upwards(f"{ROOT}/{controller}", groups.get(controller, "/"))
    return v1 + _upwards(ROOT, groups.get("", "/"))


def _groups(text: str | None) -> dict[str, str]:
    """Controller to path; cgroup v2 is the empty controller."""
    groups = {}
    for line in (text or "").splitlines():
        parts = line.split(":", 2)
        if len(parts) == len(("id", "controllers", "path")):
            groups.update(dict.fromkeys(parts[1].split(","), parts[2]))
    return groups


def _upwards(base: str, group: str) -> list[str]:
    """The folders of a group and of all its ancestors, any of which may set the limit.

    A container sees its own group as the root, though /proc may give the host's path.
    """
    path = PurePosixPath("/") / group.lstrip("/")
    return [f"{base}{'' if str(step) == '/' else step}" for step in (path, *path.parents)]
