#!/usr/bin/env python3
"""Take over a question file of your own (SQuAD v1.1)."""

import sys

from _start import start

sys.exit(start("add-data"))
