"""The tree that a command is about: ``TREE``, or ``--input`` as the official checker has it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from submission.mounts import TREE

HELP = "the root of the tree, or its archive"


def add_tree(parser: argparse.ArgumentParser, *, kind: Callable[[str], Any] = str) -> None:
    """Declare both; ``args.input`` is the tree, by default where the image has one mounted."""
    parser.add_argument(
        "input",
        nargs="?",
        type=kind,
        action=_Once,
        default=argparse.SUPPRESS,
        metavar="TREE",
        help=HELP,
    )
    parser.add_argument(
        "--input",
        type=kind,
        action=_Once,
        default=kind(TREE),
        metavar="TREE",
        help=f"the same (default: {TREE})",
    )


class _Once(argparse.Action):
    """Stores the tree; another one as a word than by the option is an error."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Keep the tree; ends in a usage error if it was given otherwise too."""
        # argparse passes its own mark through ``type`` where no word is given
        if str(values) == argparse.SUPPRESS:
            return
        # the last of several options counts, as with every option
        given: dict[bool, Any] = getattr(namespace, "trees_given", {})
        namespace.trees_given = given | {option_string is None: values}
        trees = [str(tree) for tree in namespace.trees_given.values()]
        if len(set(trees)) > 1:
            parser.error(f"two trees are given, {' and '.join(trees)}; a command is about one")
        setattr(namespace, self.dest, values)
