"""Fetch MLPerf's INT8 reference and convert it to an OpenVINO IR (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["convert-reference", *sys.argv[1:]]))
