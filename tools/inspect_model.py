"""Tell what is in a model's files: inputs, blocks, sparsity, quantization (see --help)."""

import sys

from submission.cli import main

sys.exit(main(["inspect-model", *sys.argv[1:]]))
