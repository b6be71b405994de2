"""Measure one cell: model, scenario, mode (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["run-benchmark", *sys.argv[1:]]))
