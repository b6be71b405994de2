#!/usr/bin/env python3
"""Compare the table of a round with a checkout of the official repository."""

import sys

from _start import start

sys.exit(start("compare-round"))
