"""Options that the benchmarks share."""

from __future__ import annotations

import argparse
from pathlib import Path

from submission.cli.options import add_manifests, add_settings, workspace_of
from submission.lab.bench.setup import PRECISIONS, BenchSetup
from submission.runs.decide import BUCKETS, OFFLINE_BATCH

MODEL = "a name in the manifests' folder (default: %(default)s)"
SAMPLES = "samples of a pass (default: %(default)s)"
ROUNDS = "passes of each (default: %(default)s)"


def add_setup(parser: argparse.ArgumentParser, name: str) -> None:
    """The options of ``BenchSetup``; the benchmark ``name`` has a folder in the workspace."""
    add = parser.add_argument
    add(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder of dev-v1.1.json and vocab.txt; DATA=… names a data set of models/",
    )
    add(
        "--folder",
        type=Path,
        metavar="DIR",
        help=f"folder for its files (default: WORKSPACE/{name})",
    )
    # what the profiles run in, if they say nothing else
    add(
        "--precision",
        default=BenchSetup.precision,
        choices=PRECISIONS,
        help="of the inference (default: %(default)s)",
    )
    add(
        "--shapes",
        type=int,
        metavar="N",
        help=f"compiled lengths, the buckets (default: as tuned, else {BUCKETS})",
    )
    add(
        "--batch",
        type=int,
        metavar="N",
        help=f"samples of a batch (default: as tuned, else {OFFLINE_BATCH})",
    )
    add(
        "--memory",
        type=float,
        default=0.0,
        metavar="GB",
        help="memory for the buckets; 0: the default",
    )
    add_manifests(parser)
    add_settings(parser, "workspace", "data_dir")


def add_tuned(parser: argparse.ArgumentParser) -> None:
    """Where plans that were measured lie, for the commands that run as a profile would."""
    parser.add_argument(
        "--tuned",
        type=Path,
        metavar="DIR",
        help="folder of tuned plans (default: measurements/tuned of the checkout)",
    )


def add_published_python(parser: argparse.ArgumentParser) -> None:
    """What makes the environment of the published software, which needs an older Python."""
    parser.add_argument(
        "--published-python",
        metavar="PYTHON",
        help="the Python 3.10 for the published OpenVINO (default: one that is found)",
    )


def setup_of(args: argparse.Namespace, name: str) -> BenchSetup:
    """What the command line says; raises UsageError."""
    workspace = workspace_of(args)
    return BenchSetup(
        workspace=workspace,
        folder=args.folder or workspace.bench_folder(name),
        data=args.data,
        tuned=getattr(args, "tuned", None),
        precision=args.precision,
        shapes=args.shapes,
        batch=args.batch,
        memory_gb=args.memory,
    )
