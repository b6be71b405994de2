"""What a check is asked for: command line before environment before ``mlperf-kit.json``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from submission.checks.config import NAME, CheckConfig, find_config, read_config
from submission.checks.model import Waiver
from submission.checks.reports.text import with_waivers
from submission.checks.results import Report
from submission.checks.waivers import read_waivers
from submission.cli.environment import inherited
from submission.errors import UsageError
from submission.terms import Mode, Say
from submission.tree.grammar import RUN_METADATA, Area
from submission.tree.recognised import chosen_round
from submission.tree.round import layout_of

CONFIG, ROUND, WAIVERS, IGNORE = (
    f"MLPERF_KIT_{name}" for name in ("CONFIG", "ROUND", "WAIVERS", "IGNORE")
)


@dataclass(frozen=True, kw_only=True)
class CheckSettings:
    """The round (None: the tree's own), accepted breaches, and the ids of ignored rules."""

    round: str | None
    waivers: tuple[Waiver, ...]
    ignore: tuple[str, ...]


def add_config(parser: argparse.ArgumentParser) -> None:
    """Declare ``--config`` and ``--no-config``."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=f"round, waivers and ignored rules, as JSON (default: {NAME} beside the tree or in "
        f"the current folder, or above in its repository; the round also by {ROUND}) [{CONFIG}]",
    )
    group.add_argument("--no-config", action="store_true", help=f"read no {NAME}")


def settle(args: argparse.Namespace, root: Path, warn: Say) -> CheckSettings:
    """What to ask of the check of the tree at ``root``; raises UsageError.

    Says through ``warn`` which file is used. Neither waivers nor the file are taken from the tree.
    """
    environment = inherited()
    tree = (root, Path(args.input))
    config = _config(args, environment, tree, warn)
    ignore = ids("--ignore", args.ignore) or ids(IGNORE, environment.get(IGNORE) or None)
    return CheckSettings(
        round=_round(args, environment, config, root, warn),
        waivers=_waivers(args, environment, config, tree, warn),
        ignore=ignore or (config.ignore if config else ()),
    )


def lifted_by(root: Path, report: Report) -> str | None:
    """What the waivers of the profile that made the tree would change; None if nothing.

    A demo's tree fails a check without the waivers of its profile, and its page, its READMEs and
    its run give the verdict with them.
    """
    errors = [finding for finding in report.findings if finding.rejects]
    path = _run_metadata(root, report) if errors else None
    try:
        name = json.loads(path.read_text(encoding="utf-8"))["profile"] if path else ""
        waivers = _known(str(name))
    except (OSError, ValueError, KeyError, TypeError, UsageError):
        return None
    lifted = sum(
        any(each.rule == f.rule and each.covers(f.path) for each in waivers) for f in errors
    )
    if not lifted:
        return None
    verdict = with_waivers("PASSED" if lifted == len(errors) else "FAILED", lifted)
    return (
        f"That is the verdict without waivers. With those of its profile (--profile {name}): "
        f"{verdict}, as its page says."
    )


def _run_metadata(root: Path, report: Report) -> Path | None:
    """The first result's metadata of its performance run; None where no result has any."""
    layout = layout_of(report.round)
    cells = (layout.cell_of(result.path) for result in report.results)
    folders = (layout.of_cell(Area.MEASUREMENTS, cell) for cell in cells if cell is not None)
    paths = (root / folder / RUN_METADATA[Mode.PERFORMANCE] for folder in folders)
    return next((path for path in paths if path.is_file()), None)


def ids(flag: str, text: str | None) -> tuple[str, ...]:
    """The ids of a list with commas or blanks; raises UsageError if none is in it."""
    if text is None:
        return ()
    found = tuple(text.replace(",", " ").split())
    if not found:
        raise UsageError(
            f"{flag} names no rule", detail=f"it is {text!r}", hint="list them with --list-rules"
        )
    return found


def _config(
    args: argparse.Namespace, environment: Mapping[str, str], tree: tuple[Path, ...], warn: Say
) -> CheckConfig | None:
    if args.no_config:
        return None
    path: Path | None = args.config
    if path is None and environment.get(CONFIG):
        path = Path(environment[CONFIG])
    if path is None:
        found = find_config(Path(args.input), Path.cwd())
        if found.passed_over is not None:
            warn(f"{found.passed_over} is not read: a tree lifts no rule itself")
        path = found.path
    elif _inside(path, tree):
        raise UsageError(
            "the configuration lies in the tree that is checked",
            detail=str(path),
            hint="a tree lifts no rule itself; keep the file beside the tree or elsewhere",
        )
    if path is None:
        return None
    config = read_config(path)
    warn(f"{config}")
    return config


def _inside(path: Path, tree: tuple[Path, ...]) -> bool:
    return any(path.resolve().is_relative_to(place.resolve()) for place in tree)


def _round(
    args: argparse.Namespace,
    environment: Mapping[str, str],
    config: CheckConfig | None,
    root: Path,
    warn: Say,
) -> str | None:
    asked = (
        ("--version", args.version),
        (ROUND, environment.get(ROUND)),
        (config.path if config else "", config.round if config else None),
    )
    for by, name in asked:
        if name:
            return chosen_round(root, name, warn, by=str(by))
    return None


def _waivers(
    args: argparse.Namespace,
    environment: Mapping[str, str],
    config: CheckConfig | None,
    tree: tuple[Path, ...],
    warn: Say,
) -> tuple[Waiver, ...]:
    """Those of a person's file or of a profile that the image knows; never the tree's own."""
    if args.profile is not None:
        return _known(args.profile)
    path: Path | None = args.waivers
    if path is None and environment.get(WAIVERS):
        path = Path(environment[WAIVERS])
    if path is None:
        return config.waivers if config else ()
    if not _inside(path, tree):
        return read_waivers(path)
    warn(f"waivers are not taken from the tree: those of the known profile {path.stem} are used")
    return _known(path.stem)


def _known(profile: str) -> tuple[Waiver, ...]:
    """Its waivers; what reads the image's records is imported for a profile only."""
    from submission.checks.known_profiles import profile_waivers  # noqa: PLC0415

    return profile_waivers(profile)
