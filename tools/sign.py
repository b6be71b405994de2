#!/usr/bin/env python3
"""Sign a tree's sums and its archive with a key of ssh-keygen's."""

import sys

from _start import start

sys.exit(start("sign"))
