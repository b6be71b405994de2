"""What the process can say of itself and of the machine it sees, for ``harness.json``."""

from __future__ import annotations

import os
import platform
import resource
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

PACKAGES = {"openvino": "openvino", "loadgen": "mlcommons-loadgen"}
CPU_INFO = Path("/proc/cpuinfo")
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
        "kernel": platform.release(),
    }


def cpu_fields(cpuinfo: str) -> dict[str, str]:
    """The CPU_FIELDS of the first processor in the text of /proc/cpuinfo."""
    first = cpuinfo.split("\n\n", maxsplit=1)[0]
    pairs = (line.partition(":") for line in first.splitlines())
    found = {key.strip(): value.strip() for key, _, value in pairs}
    return {key: found[key] for key in CPU_FIELDS if key in found}


def usage() -> dict[str, float]:
    """Memory peak and CPU time of the process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        # Linux counts in KiB
        "memory_peak_bytes": used.ru_maxrss * 1024,
        "cpu_user_s": round(used.ru_utime, 3),
        "cpu_system_s": round(used.ru_stime, 3),
    }
