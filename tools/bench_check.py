#!/usr/bin/env python3
"""Time the checker, in turn with the official one where that is named."""

import sys

from _start import start

sys.exit(start("bench-check"))
