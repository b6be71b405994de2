"""Make up weights for a topology without its own, and its dense twin (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["make-weights", *sys.argv[1:]]))
