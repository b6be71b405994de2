#!/usr/bin/env python3
"""Make synthetic weights for a topology, and its dense baseline."""

import sys

from _start import start

sys.exit(start("make-weights"))
