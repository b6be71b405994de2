"""The commands of the room weights: the environment gives defaults, a terminal gets bars."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from submission.artifacts import command
from submission.cli.transfer import transfer_show

Say = Callable[[str], None]
_NO = {"", "0", "no", "false"}


def add_fetch_models_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``fetch-models``."""
    command.add_fetch_models_arguments(parser)
    _set_defaults(parser)


def run_fetch_models(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Do ``fetch-models``."""
    del warn
    with transfer_show() as tell:
        return command.run_fetch_models(args, say, tell)


def add_fetch_data_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``fetch-data``."""
    command.add_fetch_data_arguments(parser)
    _set_defaults(parser)


def run_fetch_data(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Do ``fetch-data``."""
    del warn
    with transfer_show() as tell:
        return command.run_fetch_data(args, say, tell)


def add_rejoin_models_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``rejoin-models``."""
    command.add_rejoin_models_arguments(parser)
    _set_defaults(parser)


def run_rejoin_models(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Do ``rejoin-models``."""
    del warn
    with transfer_show() as tell:
        return command.run_rejoin_models(args, say, tell)


def add_verify_models_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``verify-models``."""
    command.add_verify_models_arguments(parser)
    _set_defaults(parser)


def run_verify_models(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Do ``verify-models``."""
    del warn
    return command.run_verify_models(args, say)


def add_split_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``split-model``."""
    command.add_split_model_arguments(parser)


def run_split_model(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Do ``split-model``."""
    del warn
    with transfer_show() as tell:
        return command.run_split_model(args, say, tell)


def _set_defaults(parser: argparse.ArgumentParser) -> None:
    """``make`` passes its variables in the environment; options win over them."""
    parser.set_defaults(
        workspace=Path(os.environ.get("WORKSPACE") or "out"),
        mirror=os.environ.get("MIRROR") or None,
        offline=os.environ.get("OFFLINE", "").lower() not in _NO,
    )
