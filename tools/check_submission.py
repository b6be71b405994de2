#!/usr/bin/env python3
"""Check a tree by the rules, or say what the official checker would."""

import sys

from _start import start

sys.exit(start("check", packages=()))
