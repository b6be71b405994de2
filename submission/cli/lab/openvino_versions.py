"""``bench-openvino``: the versions of OpenVINO that the image can be built with, side by side."""

from __future__ import annotations

import argparse

from submission.cli.lab.bench_setup import ROUNDS, SAMPLES, add_setup, setup_of
from submission.lab.bench.openvino_versions import SHAPES, VersionBench, bench_openvino
from submission.lab.bench.setup import DEFAULT
from submission.terms import Say

NAME = "bench-openvino"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``bench-openvino [MODEL …] [--versions V …] [--rounds N] [--samples N]``."""
    add = parser.add_argument
    add("models", nargs="*", metavar="MODEL", help="default: the demo's model")
    add(
        "--versions",
        nargs="*",
        default=(),
        metavar="V",
        help="default: every version that has a lock",
    )
    add("--samples", type=int, default=VersionBench.samples, metavar="N", help=SAMPLES)
    add("--rounds", type=int, default=VersionBench.rounds, metavar="N", help=ROUNDS)
    add_setup(parser, NAME)
    parser.set_defaults(shapes=SHAPES)


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Make an environment for each version, measure in turn, and print a table."""
    asked = VersionBench(
        setup=setup_of(args, NAME),
        models=args.models or (DEFAULT,),
        versions=args.versions,
        samples=args.samples,
        rounds=args.rounds,
    )
    bench_openvino(asked, say=say, warn=warn)
    return 0
