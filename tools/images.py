#!/usr/bin/env python3
"""List what workspaces keep in the engine, or remove what deleted ones left there."""

import sys

from _start import start

sys.exit(start("images"))
