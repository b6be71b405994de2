"""Facts of the process and of the machine that it sees, for ``harness.json``."""

from __future__ import annotations

import os
import platform
import resource
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from submission.host.cgroups import Read, cpu_quota, granted_cores, memory_room_bytes
from submission.host.kernel_text import cpuinfo

PACKAGES = {"openvino": "openvino", "loadgen": "mlcommons-loadgen"}
CPU_INFO = Path("/proc/cpuinfo")
MEM_INFO = "/proc/meminfo"
STATM = Path("/proc/self/statm")
CPU_FIELDS = ("vendor_id", "model name", "cpu family", "model", "stepping", "flags")


def read_text(path: str) -> str | None:
    """The text of a kernel file; None if it does not exist or cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return None


def versions() -> dict[str, str]:
    """Versions of the software of the run."""
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


def cpu_fields(text: str) -> dict[str, str]:
    """The CPU_FIELDS of the first processor in the text of /proc/cpuinfo."""
    found = next(iter(cpuinfo(text)), {})
    return {key: found[key] for key in CPU_FIELDS if key in found}


def usable_cores(read: Read = read_text) -> int:
    """Cores of the process' affinity, or fewer under a cgroup's CPU quota (at least 1)."""
    return granted_cores(len(os.sched_getaffinity(0)), cpu_quota(read))


def memory_bytes() -> int:
    """Resident memory of the process now."""
    pages = int(STATM.read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def free_memory_bytes(read: Read = read_text) -> int | None:
    """Memory that the process can still get by kernel and cgroups; None if neither shows it."""
    lines = (read(MEM_INFO) or "").splitlines()
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    room = memory_room_bytes(read)
    return min(found if room is None else [*found, room], default=None)


def usage() -> dict[str, float]:
    """Memory peak and CPU time of the process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        # Linux counts in KiB
        "memory_peak_bytes": used.ru_maxrss * 1024,
        "cpu_user_s": round(used.ru_utime, 3),
        "cpu_system_s": round(used.ru_stime, 3),
    }
