#!/usr/bin/env python3
"""Show results, verdicts and places of a workspace; runs nothing."""

import sys

from _start import start

sys.exit(start("status"))
