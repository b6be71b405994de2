"""Turn submission trees into one page of HTML and the same as Markdown (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["report", *sys.argv[1:]]))
