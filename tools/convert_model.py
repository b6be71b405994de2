#!/usr/bin/env python3
"""Convert a float BERT to an OpenVINO IR and quantize it to INT8."""

import sys

from _start import start

sys.exit(start("convert-model", packages=("numpy", "openvino")))
