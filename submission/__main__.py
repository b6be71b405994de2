"""``python -m submission COMMAND`` (see --help)."""

import sys

from submission.cli import main

sys.exit(main(sys.argv[1:]))
