"""F1 of a model over a whole data set, without LoadGen (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["score-model", *sys.argv[1:]]))
