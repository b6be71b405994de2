#!/usr/bin/env python3
"""Compare the versions of OpenVINO that the image can be built with."""

import sys

from _start import start

sys.exit(start("bench-openvino"))
