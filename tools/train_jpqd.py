"""Train a JPQD model: prune, quantize and distil in one training (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["train-jpqd", *sys.argv[1:]]))
