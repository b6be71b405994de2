"""Check a submission tree (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["check", *sys.argv[1:]]))
