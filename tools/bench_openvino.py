"""Versions of OpenVINO side by side on this machine (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["bench-openvino", *sys.argv[1:]]))
