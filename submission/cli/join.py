"""The commands ``join`` (one submission of several trees) and ``split`` (its inverse)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from submission.cli.round_option import add_round
from submission.terms import Say
from submission.tree.archive import opened_tree
from submission.tree.contents import NamedTree
from submission.tree.join import join_trees
from submission.tree.split import split_tree
from submission.wording import counted, first_of

GOOD = 0
# of the systems that were joined
SHOWN = 8
A_TREE = "the root of a tree, or its archive"


def add_join_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``join``."""
    parser.add_argument("trees", type=Path, nargs="+", metavar="TREE", help=A_TREE)
    _add_out(parser, "the joined tree, a new folder")
    parser.add_argument(
        "--several-submitters",
        action="store_true",
        help="join trees of different submitters too",
    )
    add_round(parser)


def add_split_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``split``."""
    parser.add_argument("tree", type=Path, metavar="TREE", help=A_TREE)
    _add_out(parser, "a new folder, with a tree in it for each system")
    parser.add_argument(
        "--system",
        action="append",
        default=[],
        metavar="ID",
        help="only this system; may be repeated",
    )
    add_round(parser)


def _add_out(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT", help=what)


def run_join(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Join; raises UsageError, which names both trees, where that is impossible."""
    with _opened(args.trees) as sources:
        done = join_trees(
            sources,
            args.out,
            version=args.version,
            several_submitters=args.several_submitters,
            warn=warn,
        )
    say(
        f"{args.out}: {counted(done.results, 'result')} of {counted(len(done.systems), 'system')} "
        f"({first_of(done.systems, SHOWN)}), round {done.round}, {counted(done.files, 'file')}"
    )
    return GOOD


def run_split(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Split; raises UsageError for a system that the tree has no results of."""
    with _opened([args.tree]) as (source,):
        counts = split_tree(source, args.out, systems=args.system, version=args.version, warn=warn)
    for system, files in counts.items():
        say(f"{args.out / system}: {counted(files, 'file')}")
    return GOOD


@contextmanager
def _opened(paths: Sequence[Path]) -> Iterator[list[NamedTree]]:
    """The trees at the paths, archives unpacked for as long as the block lasts."""
    with ExitStack() as stack:
        yield [
            NamedTree(name=str(path), root=stack.enter_context(opened_tree(path))) for path in paths
        ]
