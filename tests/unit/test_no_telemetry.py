"""The kit reports to nobody: OpenVINO's own telemetry stays off on the host, too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_openvino_does_not_load_its_telemetry() -> None:
    code = (
        "import sys, submission.ir.model; assert 'openvino' in sys.modules; "
        "print([m for m in sys.modules if m.startswith('openvino_telemetry') and sys.modules[m]])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout == "[]\n"
