#!/usr/bin/env python3
"""Describe this machine as a system description of the round."""

import sys

from _start import start

sys.exit(start("describe-system"))
