#!/usr/bin/env python3
"""Time making and loading features against a plain loop."""

import sys

from _start import start

sys.exit(start("bench-features"))
