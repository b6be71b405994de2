"""``train-jpqd``: train a JPQD model. Its parser needs no torch."""

from __future__ import annotations

import argparse
from pathlib import Path

from submission.cli.environment import launched_process
from submission.cli.options import FETCHING, add_manifests, add_settings, workspace_of
from submission.cli.transfer import transfer_show
from submission.lab.jpqd.command import DEFAULT, TrainingRequest, checked_request, make_model
from submission.terms import Say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``train-jpqd [--config FILE] [--fresh|--adopt] [--export-only] …``."""
    add = parser.add_argument
    add("--config", type=Path, default=DEFAULT, metavar="FILE", help="default: %(default)s")
    add(
        "--output",
        type=Path,
        metavar="DIR",
        help="the model's folder (default: the configuration's own, or WORKSPACE/trained/<model>)",
    )
    add("--name", metavar="NAME", help="the model's name in place of the configuration's")
    add("--threads", type=int, default=1, metavar="N", help="CPU threads (default: %(default)s)")
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--fresh", action="store_true", help="start again, without what was trained")
    start.add_argument(
        "--adopt", action="store_true", help="take over a state that was copied there"
    )
    add("--export-only", action="store_true", help="do not train: the training is finished")
    add("--dry-run", action="store_true", help="read the configuration and stop; needs no torch")
    add_manifests(parser)
    add_settings(parser, *FETCHING, "data_dir")


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Train (or resume), export, score, and write the model's folder."""
    request = TrainingRequest(
        workspace=workspace_of(args),
        config=args.config,
        output=args.output,
        name=args.name,
        threads=args.threads,
        fresh=args.fresh,
        adopt=args.adopt,
        export_only=args.export_only,
        **launched_process(),
    )
    if args.dry_run:
        config, target = checked_request(request)
        say(f"{config.model} would be trained into {target}")
        return 0
    with transfer_show() as report:
        make_model(request, say=say, warn=warn, report=report)
    return 0
