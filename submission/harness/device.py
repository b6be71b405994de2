"""``python -m submission.harness.device``: what OpenVINO sees and would use, as one JSON object."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import openvino as ov

from submission.harness import facts

ASKED = (
    "FULL_DEVICE_NAME",
    "OPTIMIZATION_CAPABILITIES",
    "INFERENCE_NUM_THREADS",
    "NUM_STREAMS",
    "INFERENCE_PRECISION_HINT",
    "EXECUTION_MODE_HINT",
    "ENABLE_CPU_PINNING",
    "ENABLE_HYPER_THREADING",
)


def device() -> dict[str, Any]:
    """Versions, devices, and the CPU plugin's own defaults; what it does not know is left out."""
    core = ov.Core()
    return {
        "versions": facts.versions(),
        "build": ov.get_version(),
        "devices": list(core.available_devices),
        "cpu": {name: value for name in ASKED if (value := _property(core, name)) is not None},
        "affinity": sorted(os.sched_getaffinity(0)),
    }


def _property(core: Any, name: str) -> str | list[str] | None:
    try:
        value = core.get_property("CPU", name)
    except RuntimeError:
        return None
    if isinstance(value, ov.Type):
        return str(value.get_type_name())
    return [str(each) for each in value] if isinstance(value, list | tuple) else str(value)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(device()) + "\n")
