"""The command ``run-cell``: what a campaign runs on a system, one stage and what it needs."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from submission.campaign.identity import refuse_other_checkout
from submission.campaign.result import write_result
from submission.campaign.systems import made_by
from submission.cli.environment import inherited
from submission.cli.options import add_settings, checkout
from submission.cli.pipeline import chosen_stages, context_of, walk
from submission.files import sha256_of, write_text
from submission.fleet.ray.idle import idle_here
from submission.pipeline.stage import Stage
from submission.runs.context import Context
from submission.stages.build import profile_stages
from submission.stages.measure import Measure
from submission.stages.summary import rate_words
from submission.terms import Mode, Say
from submission.workspace.resolve import resolve

OVERLAY = "overlay.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A stage, where its result goes, and what the campaign demands."""
    parser.add_argument("stage", metavar="STAGE", help="as `plan` names it")
    add_result(parser)
    parser.add_argument(
        "--overlay", metavar="JSON", help="what a person knows about this system, as text"
    )
    add_settings(parser)


def add_result(parser: argparse.ArgumentParser) -> None:
    """Where the result of a cell goes, and the kit that it must be of."""
    parser.add_argument(
        "--result", type=Path, required=True, metavar="FILE", help="the archive that is written"
    )
    parser.add_argument(
        "--checkout", required=True, metavar="SHA256", help="identity of the campaign's kit"
    )


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Bring the stage up to date here, and write what it made into an archive."""
    refuse_other_checkout(checkout(), args.checkout)
    if args.overlay is not None:
        args.system_overlay = str(_overlay_file(args))
    context, runner = context_of(args, warn)
    context = replace(context, fleet_idle=_fleet_idle)
    (*before, stage) = chosen_stages(profile_stages(context), [args.stage])
    walk(context, runner, [*before, stage], warn)
    outputs, figure = made_by(context, stage), _figure(context, stage)
    write_cell(args, context, stage, outputs, figure=figure, say=say)
    return 0


def write_cell(
    args: argparse.Namespace,
    context: Context,
    stage: Stage,
    outputs: Sequence[Path],
    *,
    figure: str = "",
    say: Say,
) -> None:
    """Write the archive of a stage that ran in a system's workspace; raises OSError."""
    workspace = context.workspace
    facts = {
        "stage": stage.name,
        "checkout": args.checkout,
        "image": context.known_image_id(),
        "host": platform.node(),
        "runs": {
            path.relative_to(workspace.out).as_posix(): sha256_of(path)
            for path in workspace.metadata_files()
        },
        "figure": figure,
    }
    write_result(args.result, workspace.out, outputs, facts)
    say(f"{stage.name}: {args.result}")


def _fleet_idle() -> Mapping[str, Any] | None:
    found = idle_here(inherited())
    return asdict(found) if found else None


def _overlay_file(args: argparse.Namespace) -> Path:
    """The overlay's text as a file of the workspace; written only where it differs."""
    settings = resolve(checkout(), environment={}, arguments={"workspace": args.workspace}).settings
    path = settings.workspace / OVERLAY
    if not path.is_file() or path.read_text(encoding="utf-8") != args.overlay:
        write_text(path, args.overlay)
    return path


def _figure(context: Context, stage: Stage) -> str:
    if isinstance(stage, Measure) and stage.run_id and stage.run_id.mode is Mode.PERFORMANCE:
        return rate_words(context, stage.run_id) or ""
    return ""
