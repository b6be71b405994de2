"""Say what would run and why (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["plan", *sys.argv[1:]]))
