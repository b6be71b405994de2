"""``--version``: the round, for trees that do not name theirs, or to overrule it."""

from __future__ import annotations

import argparse

from submission.policy import default_round, rounds


def add_round(parser: argparse.ArgumentParser) -> None:
    """Declare ``--version``; it is None where it is not given."""
    parser.add_argument(
        "--version",
        choices=rounds(),
        help=f"the round (default: the one that the tree names, else {default_round()})",
    )
