"""GPUs of this machine, for what asks for some."""

from __future__ import annotations

import re
from pathlib import Path


def nvidia_gpus(devices: Path = Path("/dev")) -> int:
    """GPUs that the kernel's driver of NVIDIA shows, whatever of them a process may use."""
    if not devices.is_dir():
        return 0
    return sum(re.fullmatch(r"nvidia\d+", path.name) is not None for path in devices.iterdir())
