#!/usr/bin/env python3
"""Join the parts of models that were fetched before."""

import sys

from _start import start

sys.exit(start("rejoin-models"))
