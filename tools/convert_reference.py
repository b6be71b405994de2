#!/usr/bin/env python3
"""Fetch MLPerf's INT8 reference and convert it to an OpenVINO IR."""

import sys

from _start import start

sys.exit(start("convert-reference"))
