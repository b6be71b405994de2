"""Bring the submission up to date (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["run", *sys.argv[1:]]))
