#!/usr/bin/env python3
"""Compare files with their manifests; changes nothing."""

import sys

from _start import start

sys.exit(start("verify-models"))
