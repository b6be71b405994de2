#!/usr/bin/env python3
"""Turn trees into one page of HTML and the same as Markdown."""

import sys

from _start import start

sys.exit(start("report"))
