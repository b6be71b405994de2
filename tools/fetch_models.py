#!/usr/bin/env python3
"""Fetch models and join their parts."""

import sys

from _start import start

sys.exit(start("fetch-models"))
