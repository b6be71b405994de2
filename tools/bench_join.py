"""Rejoining a model against what reading, hashing and writing it once costs (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["bench-join", *sys.argv[1:]]))
