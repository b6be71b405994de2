#!/usr/bin/env python3
"""Measure a profile on several systems and join their trees, or train models."""

import sys

from _start import start

sys.exit(start("campaign"))
