"""Join the parts of models (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["rejoin-models", *sys.argv[1:]]))
