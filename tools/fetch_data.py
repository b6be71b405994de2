"""Fetch data sets (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["fetch-data", *sys.argv[1:]]))
