"""Features the kit's way beside a plain loop, and loading them again (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["bench-features", *sys.argv[1:]]))
