#!/usr/bin/env python3
"""F1 of a model over a whole data set, without LoadGen."""

import sys

from _start import start

sys.exit(start("score-model"))
