"""``bench-sut``: the SUT against the reference implementation, on the same machine and samples."""

from __future__ import annotations

import argparse
from pathlib import Path

from submission.cli.lab.bench_setup import (
    ROUNDS,
    SAMPLES,
    add_published_python,
    add_setup,
    add_tuned,
    setup_of,
)
from submission.cli.lab.openvino_of_runs import measure_as_runs_do
from submission.lab.bench.goals import DEFAULT
from submission.lab.bench.setup import PRECISIONS
from submission.lab.bench.sut import SutBench, bench_sut
from submission.terms import Say

NAME = "bench-sut"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``bench-sut [MODEL …] [--samples N] [--rounds N] [--data DIR]``."""
    add = parser.add_argument
    add("models", nargs="*", metavar="MODEL", help="a model's name, or a folder of make-weights")
    add("--samples", type=int, default=SutBench.samples, metavar="N", help=SAMPLES)
    add("--rounds", type=int, default=SutBench.rounds, metavar="N", help=ROUNDS)
    add(
        "--precisions",
        nargs="+",
        default=PRECISIONS,
        choices=PRECISIONS,
        help="of the SUT, each a row",
    )
    add(
        "--published-stack",
        action="store_true",
        help="run the reference implementation on OpenVINO 2022.3 too, under Python 3.10",
    )
    add_published_python(parser)
    add("--no-app", action="store_true", help="leave benchmark_app out")
    add(
        "--find-qps",
        type=Path,
        metavar="DIR",
        help="results of find-qps (default: WORKSPACE/find-qps)",
    )
    add_tuned(parser)
    add_setup(parser, NAME)


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Print the table; JSON and plot lie in the folder."""
    asked = SutBench(
        setup=setup_of(args, NAME),
        models=args.models or (DEFAULT,),
        samples=args.samples,
        rounds=args.rounds,
        precisions=args.precisions,
        app=not args.no_app,
        find_qps=args.find_qps,
        published_stack=args.published_stack,
        published_python=args.published_python,
    )
    asked.setup.demand(*asked.models)
    measure_as_runs_do(args, warn)
    bench_sut(asked, say=say, warn=warn)
    return 0
