"""Fetch models and join their parts (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["fetch-models", *sys.argv[1:]]))
