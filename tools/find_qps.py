"""The highest target rate at which a Server run is VALID here (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["find-qps", *sys.argv[1:]]))
