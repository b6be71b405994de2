#!/usr/bin/env python3
"""Time the checker against the official one, or its recorded figures."""

import sys

from _start import start

sys.exit(start("bench-check"))
