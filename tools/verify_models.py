"""Compare models and data sets with their manifests; changes nothing (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["verify-models", *sys.argv[1:]]))
