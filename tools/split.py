#!/usr/bin/env python3
"""Split a tree into one for each of its systems; the inverse of join."""

import sys

from _start import start

sys.exit(start("split"))
