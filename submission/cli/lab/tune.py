"""``tune``: which plan is fastest for a model on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path

from submission.cli.lab.bench_setup import MODEL, ROUNDS, SAMPLES, add_setup, setup_of
from submission.cli.lab.openvino_of_runs import measure_as_runs_do
from submission.lab.bench.tune import Tuning, tune
from submission.terms import Say

NAME = "tune"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``tune [MODEL] [--budget S] [--samples N] [--rounds N]``."""
    add = parser.add_argument
    add("model", nargs="?", default=Tuning.model, metavar="MODEL", help=MODEL)
    add("--samples", type=int, default=Tuning.samples, metavar="N", help=SAMPLES)
    add("--rounds", type=int, default=Tuning.rounds, metavar="N", help=ROUNDS)
    add(
        "--budget",
        type=float,
        default=Tuning.budget,
        metavar="S",
        help="seconds (default: %(default)s)",
    )
    add(
        "--into",
        type=Path,
        metavar="DIR",
        help="folder for the plans (default: measurements/tuned)",
    )
    add_setup(parser, NAME)


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Measure candidates of both scenarios; store the winners and all that was measured."""
    asked = Tuning(
        setup=setup_of(args, NAME),
        model=args.model,
        samples=args.samples,
        rounds=args.rounds,
        budget=args.budget,
        into=args.into,
    )
    asked.setup.demand(asked.model)
    measure_as_runs_do(args, warn)
    tune(asked, say=say, warn=warn)
    return 0
