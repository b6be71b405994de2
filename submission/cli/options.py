"""Options that several commands share, and the workspace that a command line describes."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from submission.cli.environment import inherited
from submission.workspace.folders import Workspace
from submission.workspace.resolve import resolve
from submission.workspace.settings import Setting, settings_table

#: what a command needs that fetches models and data
FETCHING = ("workspace", "mirror", "offline")
_SETTINGS = "keys_of_settings"


def add_settings(parser: argparse.ArgumentParser, *keys: str) -> None:
    """An option for each of these settings (all of them if none is named), and ``--settings``."""
    group = parser.add_argument_group("settings")
    group.add_argument("--settings", type=Path, metavar="FILE", help="a settings file (JSON)")
    table = settings_table()
    for key in keys or table:
        _add_setting(group, table[key])
    before = parser.get_default(_SETTINGS) or ()
    parser.set_defaults(**{_SETTINGS: (*before, *(keys or table))})


def _add_setting(group: argparse._ArgumentGroup, row: Setting) -> None:
    words = row.help if row.default in {None, False} else f"{row.help} (default: {row.default})"
    words = f"{words} [{row.variable}]"
    if row.kind is bool:
        group.add_argument(row.option, action=argparse.BooleanOptionalAction, help=words)
    else:
        group.add_argument(row.option, metavar=_METAVARS.get(row.key, row.key.upper()), help=words)


_FOLDERS = ("workspace", "model_dir", "data_dir", "tuned", "rates")
_METAVARS = {**dict.fromkeys(_FOLDERS, "DIR"), "mirror": "DIR|URL"}


def add_manifests(parser: argparse.ArgumentParser) -> None:
    """``--manifests DIR``: the models and data sets that are known."""
    parser.add_argument(
        "--manifests",
        type=Path,
        metavar="DIR",
        help="folder of folders with a manifest.json (default: models/ of the checkout)",
    )


def workspace_of(
    args: argparse.Namespace, last: Callable[[Path], Mapping[str, Any]] | None = None
) -> Workspace:
    """Settings of the file, the environment and the command line, settled; raises UsageError.

    ``last`` as in ``resolve``: the settings of the last run where nothing says what is meant.
    """
    return resolve(
        checkout(),
        file=getattr(args, "settings", None),
        environment=inherited(),
        # an argument of the same name, such as the MODEL of a command, is no setting
        arguments={key: getattr(args, key) for key in getattr(args, _SETTINGS, ())},
        manifests=getattr(args, "manifests", None),
        last=last,
    )


def checkout() -> Path:
    """The current folder if it is a checkout, else the one that this package lies in.

    An installed package lies in none: the current folder, where nothing of a checkout is found.
    """
    here = Path.cwd()
    for folder in (here, Path(__file__).resolve().parents[2]):
        if (folder / "measurements" / "profiles").is_dir():
            return folder
    return here
