"""The SUT against the published way and OpenVINO's own limit (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["bench-sut", *sys.argv[1:]]))
