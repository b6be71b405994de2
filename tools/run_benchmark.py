#!/usr/bin/env python3
"""Measure one cell: model, scenario, mode."""

import sys

from _start import start

sys.exit(start("run-benchmark"))
