"""``run-bench-cell``: what a system does for a campaign before it measures."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from typing import Any

from submission.campaign.before import KINDS
from submission.campaign.identity import refuse_other_checkout
from submission.cli.cell import add_result, write_cell
from submission.cli.lab.openvino_of_runs import measure_as_runs_do
from submission.cli.options import add_settings, checkout, workspace_of
from submission.cli.pipeline import chosen_stages, context_of, walk
from submission.errors import UsageError
from submission.host.kernel_text import cpu_numbers
from submission.lab.bench.before import BeforeStage, stages_before
from submission.stages.build import profile_stages
from submission.terms import Say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A cell, where its result goes, and what the campaign file says of each kind."""
    parser.add_argument("stage", metavar="CELL", help="as `campaign plan` names it")
    add_result(parser)
    for kind in KINDS:
        option = "--" + kind.key.replace("_", "-")
        parser.add_argument(option, metavar="JSON", help=f"the numbers of {kind.stage}, as text")
    add_settings(parser)


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Measure on the processors of the system, and write what was found into an archive."""
    refuse_other_checkout(checkout(), args.checkout)
    workspace = workspace_of(args)
    if workspace.settings.cpuset:
        # the bench runs no container that could be bound
        _bind(workspace.settings.cpuset)
    measure_as_runs_do(args, warn)
    for kind in KINDS:
        if getattr(workspace.settings, kind.setting) is not None:
            kind.folder(workspace).mkdir(parents=True, exist_ok=True)
    context, runner = context_of(args, warn)
    stages = [*profile_stages(context), *stages_before(context, _asked(args))]
    (*before, stage) = chosen_stages(stages, [args.stage])
    walk(context, runner, [*before, stage], warn)
    figure = stage.figure() if isinstance(stage, BeforeStage) else ""
    write_cell(args, context, stage, stage.outputs(), figure=figure, say=say)
    return 0


def _bind(cpuset: str) -> None:
    try:
        os.sched_setaffinity(0, cpu_numbers(cpuset))
    except OSError as error:
        raise UsageError(
            "the cpuset of this system cannot be used here",
            detail=f"{cpuset}: {error.strerror}",
            hint="name processors of this machine that this process may use (nproc, taskset -p $$)",
        ) from error


def _asked(args: argparse.Namespace) -> Mapping[str, Mapping[str, Any]]:
    given = {kind.key: getattr(args, kind.key) for kind in KINDS}
    return {key: json.loads(text) for key, text in given.items() if text is not None}
