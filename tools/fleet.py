#!/usr/bin/env python3
"""Make this machine the head of a Ray cluster or the node of a system, or end that."""

import sys

from _start import start

sys.exit(start("fleet"))
