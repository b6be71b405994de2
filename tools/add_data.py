#!/usr/bin/env python3
"""Take over a question file (SQuAD v1.1) of your own."""

import sys

from _start import start

sys.exit(start("add-data"))
