#!/usr/bin/env python3
"""Take over an OpenVINO IR of your own: manifest, parts, calibration page."""

import sys

from _start import start

sys.exit(start("add-model"))
