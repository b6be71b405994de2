"""Options that the benchmarks share."""

from __future__ import annotations

import argparse
from pathlib import Path

from submission.cli.options import add_manifests, add_settings, workspace_of
from submission.lab.bench.setup import PRECISIONS, BenchSetup
from submission.runs.decide import OFFLINE_BATCH, SHAPES


def add_setup(parser: argparse.ArgumentParser, name: str) -> None:
    """The options of ``BenchSetup``; the benchmark ``name`` has a folder in the workspace."""
    add = parser.add_argument
    add("--data", type=Path, metavar="DIR", help="dev-v1.1.json and vocab.txt")
    add("--folder", type=Path, metavar="DIR", help=f"for its files (default: WORKSPACE/{name})")
    # what the profiles run in, if they say nothing else
    add("--precision", default=BenchSetup.precision, choices=PRECISIONS)
    add("--shapes", type=int, help=f"default: {SHAPES}, if nothing was tuned")
    add("--batch", type=int, help=f"default: {OFFLINE_BATCH}, if nothing was tuned")
    add("--memory", type=float, default=0.0, metavar="GB", help="0: the default")
    add_manifests(parser)
    add_settings(parser, "workspace", "data_dir")


def add_tuned(parser: argparse.ArgumentParser) -> None:
    """Where plans that were measured lie, for the commands that run as a profile would."""
    parser.add_argument(
        "--tuned", type=Path, metavar="DIR", help="default: measurements/tuned of the checkout"
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
