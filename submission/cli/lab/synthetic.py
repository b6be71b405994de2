"""``make-weights`` and ``bench-topologies``: synthetic weights for published topologies."""

from __future__ import annotations

import argparse
from pathlib import Path

from submission.artifacts.progress_text import bytes_text
from submission.cli.options import FETCHING, add_manifests, add_settings, workspace_of
from submission.lab.synthetic.report import as_text
from submission.lab.synthetic.topologies import find_topologies, make_weights
from submission.lab.synthetic.topology_bench import (
    TopologyBench,
    bench_topologies,
    save_comparison,
)
from submission.terms import Say

ROUNDS = "rounds over all models (default: %(default)s)"


def add_weights_arguments(parser: argparse.ArgumentParser) -> None:
    """``make-weights MODEL … [--target DIR] [--no-dense] [--mirror DIR|URL]``."""
    parser.add_argument(
        "names", nargs="*", metavar="MODEL", help="a model of models/, or an IR's xml file"
    )
    parser.add_argument("--all", action="store_true", help="every published topology")
    parser.add_argument("--no-dense", action="store_true", help="make no dense baseline")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the weights (default: %(default)s)"
    )
    parser.add_argument(
        "--target",
        type=Path,
        metavar="DIR",
        help="one folder for each model is made here (default: WORKSPACE/made-up)",
    )
    _add_sources(parser)


def run_weights(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Make the weights; print their folders and what they are for."""
    workspace = workspace_of(args)
    target = args.target or workspace.synthetic_folder()
    for topology in find_topologies(workspace, args.names, warn, every=args.all):
        for manifest in make_weights(topology, target, seed=args.seed, dense=not args.no_dense):
            size = bytes_text(manifest.role("weights").size_bytes or 0)
            say(f"{manifest.path.parent}: {size} of synthetic weights")
    say("synthetic weights are for timing only: scoring and layout refuse them")
    return 0


def add_bench_arguments(parser: argparse.ArgumentParser) -> None:
    """``bench-topologies [MODEL …] [--rounds N] [--seconds N] …``."""
    usual = TopologyBench()
    add = parser.add_argument
    add("names", nargs="*", metavar="MODEL", help="default: every published topology")
    add("--length", type=int, default=usual.length, metavar="N", help="tokens of a sample")
    add(
        "--shorter",
        type=int,
        default=usual.shorter,
        metavar="N",
        help="another length to compare logits at",
    )
    add("--rounds", type=int, default=usual.rounds, metavar="N", help=ROUNDS)
    add(
        "--seconds",
        type=float,
        default=usual.seconds,
        metavar="N",
        help="no round begins after this time (default: %(default)s)",
    )
    add("--no-plot", action="store_true", help="write no SVG")
    _add_sources(parser)


def run_bench(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Time the models; print the table, write JSON and plot to the workspace."""
    workspace = workspace_of(args)
    asked = TopologyBench(
        names=args.names,
        length=args.length,
        shorter=args.shorter,
        rounds=args.rounds,
        seconds=args.seconds,
    )
    found = bench_topologies(asked, workspace, warn)
    say(as_text(found))
    folder = workspace.bench_folder("bench-topologies")
    written = save_comparison(found, folder, plot=not args.no_plot)
    say(f"wrote {' and '.join(map(str, written))}")
    return 0


def _add_sources(parser: argparse.ArgumentParser) -> None:
    add_manifests(parser)
    add_settings(parser, *FETCHING)
