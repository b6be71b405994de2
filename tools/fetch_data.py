#!/usr/bin/env python3
"""Fetch a data set and its vocabulary."""

import sys

from _start import start

sys.exit(start("fetch-data"))
