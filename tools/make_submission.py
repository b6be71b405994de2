#!/usr/bin/env python3
"""Bring the submission, or single stages, up to date."""

import sys

from _start import start

sys.exit(start("run"))
