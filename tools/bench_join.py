#!/usr/bin/env python3
"""Time the join of a model against reading, hashing and writing it once."""

import sys

from _start import start

sys.exit(start("bench-join"))
