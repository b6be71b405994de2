#!/usr/bin/env python3
"""Show which stages would run and why; changes nothing."""

import sys

from _start import start

sys.exit(start("plan"))
