"""``compare-round``: the table of a round against a checkout of the official repository."""

from __future__ import annotations

import argparse
from pathlib import Path

from submission.cli.round_option import add_round
from submission.lab.official_table import differences, official_tables
from submission.policy import load_policy, rounds
from submission.terms import Say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``compare-round CHECKOUT [--version ROUND]``."""
    parser.add_argument(
        "checkout", type=Path, metavar="CHECKOUT", help="a checkout of the official repository"
    )
    add_round(parser)


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Print a line for each difference; exit code 1 if there is one."""
    policy = load_policy(args.version or rounds()[0])
    found = list(differences(official_tables(args.checkout), policy))
    for line in found:
        say(line)
    warn(f"{len(found)} differences between the official table of {policy.round} and ours")
    return 1 if found else 0
