#!/usr/bin/env python3
"""Split a model into parts and write its manifest."""

import sys

from _start import start

sys.exit(start("split-model"))
