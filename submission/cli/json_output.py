"""``--json``: what a command found out, for programs; the schemas lie beside this module."""

from __future__ import annotations

import argparse
from typing import Any

from submission.files import json_text
from submission.terms import Say

VERSION = 1
"""Raised when a field goes or changes its meaning; a new field does not raise it."""


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json``; standard output then holds one JSON object and nothing else."""
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")


def say_json(say: Say, **fields: Any) -> None:
    """Print the fields as one object, with the version of the form first."""
    say(json_text({"version": VERSION, **fields}).rstrip("\n"))
