#!/usr/bin/env python3
"""Measure the SUT against the reference implementation and OpenVINO alone."""

import sys

from _start import start

sys.exit(start("bench-sut"))
