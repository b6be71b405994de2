"""Describe this machine as a submission wants it (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["describe-system", *sys.argv[1:]]))
