#!/usr/bin/env python3
"""Measure plans for a model on this machine and store the fastest."""

import sys

from _start import start

sys.exit(start("tune"))
