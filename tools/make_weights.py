"""Make synthetic weights for a topology, and its dense baseline (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["make-weights", *sys.argv[1:]]))
