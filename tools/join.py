#!/usr/bin/env python3
"""Make one submission of the trees of several systems."""

import sys

from _start import start

sys.exit(start("join"))
