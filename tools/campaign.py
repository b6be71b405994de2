#!/usr/bin/env python3
"""Measure one profile on several systems, and join their trees."""

import sys

from _start import start

sys.exit(start("campaign"))
