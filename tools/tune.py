"""The fastest plan for a model on this machine (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["tune", *sys.argv[1:]]))
