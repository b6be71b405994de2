#!/usr/bin/env python3
"""Time some steps of a JPQD recipe with random weights; needs `make train`."""

import sys

from _start import start

sys.exit(start("bench-training"))
