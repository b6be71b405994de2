#!/usr/bin/env python3
"""Find the highest target rate at which a Server run is VALID here."""

import sys

from _start import start

sys.exit(start("find-qps"))
