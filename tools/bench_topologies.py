#!/usr/bin/env python3
"""Time pruned topologies beside their dense baselines, with synthetic weights."""

import sys

from _start import start

sys.exit(start("bench-topologies"))
