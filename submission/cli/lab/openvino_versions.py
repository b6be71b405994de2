"""``bench-openvino``: the versions of OpenVINO that the image can be built with, side by side."""

from __future__ import annotations

import argparse
from pathlib import Path

from submission.cli.lab.bench_setup import ROUNDS, SAMPLES, add_setup, setup_of
from submission.host.instructions import InstructionSet
from submission.lab.bench.goals import DEFAULT
from submission.lab.bench.openvino_versions import SHAPES, VersionBench, bench_openvino
from submission.terms import Say

NAME = "bench-openvino"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``bench-openvino [MODEL …] [--versions V …] [--isa SET …] [--rounds N] [--samples N]``."""
    add = parser.add_argument
    add("models", nargs="*", metavar="MODEL", help="default: the demo's model")
    add(
        "--versions",
        nargs="*",
        default=(),
        metavar="V",
        help="default: every version that has a lock",
    )
    add(
        "--isa",
        nargs="*",
        default=(),
        choices=list(map(str, InstructionSet)),
        metavar="SET",
        help="instruction sets, such as AVX2 (default: the processor's own and all that oneDNN can "
        "imitate on it)",
    )
    add(
        "--table",
        type=Path,
        metavar="FILE",
        help="table to extend (default: measurements/openvino.json of the checkout)",
    )
    add("--samples", type=int, default=VersionBench.samples, metavar="N", help=SAMPLES)
    add("--rounds", type=int, default=VersionBench.rounds, metavar="N", help=ROUNDS)
    add_setup(parser, NAME)
    parser.set_defaults(shapes=SHAPES)


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Make an environment for each version, measure in turn, print and extend the table."""
    asked = VersionBench(
        setup=setup_of(args, NAME),
        models=args.models or (DEFAULT,),
        versions=args.versions,
        instruction_sets=[InstructionSet(each) for each in args.isa],
        table=args.table,
        samples=args.samples,
        rounds=args.rounds,
    )
    bench_openvino(asked, say=say, warn=warn)
    return 0
