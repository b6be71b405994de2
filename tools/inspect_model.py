#!/usr/bin/env python3
"""Show what is in a model's files: inputs, blocks, sparsity, quantization."""

import sys

from _start import start

sys.exit(start("inspect-model"))
