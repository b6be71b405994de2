"""``bench-check``, ``bench-join``, ``bench-features``: what single parts of the kit cost."""

from __future__ import annotations

import argparse
from pathlib import Path

from submission.cli.environment import inherited
from submission.cli.lab.bench_setup import ROUNDS
from submission.cli.options import add_settings, workspace_of
from submission.lab.bench.checker import CheckerBench, bench_checker
from submission.lab.bench.features import bench_features
from submission.lab.bench.join import bench_join
from submission.lab.bench.setup import DATASET
from submission.terms import Say

CHECK, JOIN = "bench-check", "bench-join"


def add_check_arguments(parser: argparse.ArgumentParser) -> None:
    """``bench-check [--archives DIR] [--official-checker FILE] [--rounds N] [--profile]``."""
    add = parser.add_argument
    add("--archives", type=Path, metavar="DIR", help="*.tar.xz, each a submitter's published tree")
    add(
        "--official-checker", metavar="FILE", help="submission_checker.py, to run in turn with ours"
    )
    add("--rounds", type=int, default=CheckerBench.rounds, metavar="N", help=ROUNDS)
    add(
        "--copies",
        type=int,
        default=CheckerBench.copies,
        metavar="N",
        help="copies that make the large tree; 0: no large tree (default: %(default)s, 9 GB)",
    )
    add("--profile", action="store_true", help="show the functions that take the time as well")
    _add_folder(parser, CHECK)


def run_check(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Print a table: medians of the rounds on the trees, one round on the large one."""
    asked = CheckerBench(
        archives=args.archives,
        folder=args.folder or workspace_of(args).bench_folder(CHECK),
        environment=inherited(),
        official_checker=args.official_checker,
        rounds=args.rounds,
        copies=args.copies,
        profiled=args.profile,
    )
    bench_checker(asked, say=say, warn=warn)
    return 0


def add_join_arguments(parser: argparse.ArgumentParser) -> None:
    """``bench-join [--bytes N] [--rounds N] [--folder DIR]``."""
    add = parser.add_argument
    add("--bytes", type=int, default=2_000_000_000, metavar="N", help="default: %(default)s")
    add("--rounds", type=int, default=6, metavar="N", help=ROUNDS)
    _add_folder(parser, JOIN)


def run_join(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Print the median of both, their ratio and the peak memory of a join."""
    folder = args.folder or workspace_of(args).bench_folder(JOIN)
    bench_join(folder, size_bytes=args.bytes, rounds=args.rounds, say=say, warn=warn)
    return 0


def add_features_arguments(parser: argparse.ArgumentParser) -> None:
    """``bench-features [--data FILE --vocab FILE] [--rounds N]``."""
    add = parser.add_argument
    add("--data", type=Path, metavar="FILE", help="default: SQuAD as make data fetches it")
    add("--vocab", type=Path, metavar="FILE", help="default: the vocabulary beside it")
    add(
        "--rounds",
        type=int,
        default=3,
        metavar="N",
        help="of the kit's way; the plain loop runs once (default: %(default)s)",
    )
    add_settings(parser, "workspace", "data_dir")


def run_features(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Print what making, loading and the plain loop take, and that they agree."""
    folder = workspace_of(args).data_folder(DATASET)
    data, vocab = args.data or folder / "dev-v1.1.json", args.vocab or folder / "vocab.txt"
    bench_features(data, vocab, rounds=args.rounds, say=say, warn=warn)
    return 0


def _add_folder(parser: argparse.ArgumentParser, name: str) -> None:
    parser.add_argument(
        "--folder",
        type=Path,
        metavar="DIR",
        help=f"made, used and removed (default: WORKSPACE/{name})",
    )
    add_settings(parser, "workspace")
