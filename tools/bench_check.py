"""What a check costs beside the official checker (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["bench-check", *sys.argv[1:]]))
