"""What the process can say of itself and of the machine it sees, for ``harness.json``."""

from __future__ import annotations

import math
import os
import platform
import resource
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

PACKAGES = {"openvino": "openvino", "loadgen": "mlcommons-loadgen"}
CPU_INFO = Path("/proc/cpuinfo")
CGROUP = Path("/sys/fs/cgroup")
MEM_INFO = Path("/proc/meminfo")
STATM = Path("/proc/self/statm")
CPU_FIELDS = ("vendor_id", "model name", "cpu family", "model", "stepping", "flags")


def versions() -> dict[str, str]:
    """Versions of what the run was made with."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        **{name: version(package) for name, package in PACKAGES.items()},
    }


def machine() -> dict[str, Any]:
    """The processor and the cores that this process may use."""
    cpu = cpu_fields(CPU_INFO.read_text(encoding="utf-8") if CPU_INFO.is_file() else "")
    return {
        "cpu_model": cpu.get("model name", ""),
        "cpu_flags": cpu.get("flags", "").split(),
        "cpu": {key: value for key, value in cpu.items() if key != "flags"},
        "affinity": sorted(os.sched_getaffinity(0)),
        "usable_cores": usable_cores(),
        "kernel": platform.release(),
    }


def cpu_fields(cpuinfo: str) -> dict[str, str]:
    """The CPU_FIELDS of the first processor in the text of /proc/cpuinfo."""
    first = cpuinfo.split("\n\n", maxsplit=1)[0]
    pairs = (line.partition(":") for line in first.splitlines())
    found = {key.strip(): value.strip() for key, _, value in pairs}
    return {key: found[key] for key in CPU_FIELDS if key in found}


def usable_cores() -> int:
    """Cores of the process' affinity, or fewer where a cgroup grants less CPU time (at least 1)."""
    granted = cgroup_cores(_text(CGROUP / "cpu.max"))
    cores = len(os.sched_getaffinity(0))
    return cores if granted is None else max(1, min(cores, math.floor(granted + 0.5)))


def cgroup_cores(cpu_max: str) -> float | None:
    """Cores' worth of time in the text of cgroup v2's ``cpu.max``; None without a limit."""
    words = cpu_max.split()
    if len(words) != len(("quota", "period")) or not all(word.isdigit() for word in words):
        return None
    return int(words[0]) / int(words[1])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""


def memory_bytes() -> int:
    """Resident memory of the process now."""
    pages = int(STATM.read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def free_memory_bytes(meminfo: Path = MEM_INFO, cgroup: Path = CGROUP) -> int | None:
    """Memory that the process can still get by kernel and cgroup; None if neither tells."""
    found = []
    lines = _text(meminfo).splitlines()
    found += [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    limit, used = (_text(cgroup / f"memory.{name}").strip() for name in ("max", "current"))
    if limit.isdigit() and used.isdigit():
        found.append(max(0, int(limit) - int(used)))
    return min(found, default=None)


def usage() -> dict[str, float]:
    """Memory peak and CPU time of the process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        # Linux counts in KiB
        "memory_peak_bytes": used.ru_maxrss * 1024,
        "cpu_user_s": round(used.ru_utime, 3),
        "cpu_system_s": round(used.ru_stime, 3),
    }
