"""Time pruned topologies beside their dense baselines, with synthetic weights (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["bench-topologies", *sys.argv[1:]]))
