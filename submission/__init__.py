"""Build, run, check and reproduce MLPerf Inference open-division submissions."""

import sys

__version__ = "0.1.0"

# OpenVINO reports each import to its makers if it finds this package; the kit sends nothing
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
