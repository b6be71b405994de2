"""Split a model into parts and write its manifest (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["split-model", *sys.argv[1:]]))
