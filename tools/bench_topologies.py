"""Time the published topologies beside their dense twins, with made-up weights (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["bench-topologies", *sys.argv[1:]]))
