#!/usr/bin/env python3
"""Prune, quantize and distil a model in one training; needs `make train`."""

import sys

from _start import start

sys.exit(start("train-jpqd"))
