"""Measures with the OpenVINO that runs use, where the Python of the checkout has another one."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from importlib.metadata import version

from submission.cli.environment import inherited
from submission.cli.options import workspace_of
from submission.cli.runner import settle
from submission.errors import UsageError
from submission.lab.bench.environments import installed_in, python_with
from submission.runs.planning import openvino_of_image
from submission.terms import Say
from submission.workspace.folders import Workspace, image_openvino
from submission.workspace.resolve import check_openvino
from submission.workspace.settings import AUTO, Runner

_PACKAGE = "openvino"


def measure_as_runs_do(args: argparse.Namespace, warn: Say) -> None:
    """Start this command again, in place of this process, in a Python with the runs' OpenVINO.

    Returns where this Python has it, says so where it cannot have it, and makes an environment
    where needed. Raises UsageError for a version that is given and cannot be had, StageError if it
    cannot be installed.
    """
    workspace = workspace_of(args)
    check_openvino(workspace)
    here, given = version(_PACKAGE), workspace.settings.openvino != AUTO
    if _on_host(workspace):
        if given and workspace.settings.openvino != here:
            raise UsageError(
                "runs on the host have the OpenVINO that is installed",
                detail=f"OPENVINO={workspace.settings.openvino}, and {here} is installed",
                hint="leave OPENVINO out, or let runs happen in containers (RUNNER, an engine)",
            )
        return
    wanted = openvino_of_image(workspace) or here
    if wanted == here:
        return
    if wanted == image_openvino(workspace.root) and not given:
        # its lock has another one for this Python, which an installation would only show
        warn(f"note: OpenVINO {here} is measured, which this Python has; an image has {wanted}")
        return
    python = python_with(wanted, workspace, warn)
    found = installed_in(python, _PACKAGE)
    if found != wanted:
        raise UsageError(
            f"there is no OpenVINO {wanted} for this Python",
            detail=f"its lock has {found} for Python {sys.version.split()[0]}",
            hint=f"OPENVINO={found}, or make setup PYTHON=python3.12",
        )
    warn(f"OpenVINO {wanted}, which runs have, in place of {here}: {workspace.openvino.reason}")
    sys.stdout.flush()
    sys.stderr.flush()
    variables = {**inherited(), "PYTHONPATH": str(workspace.root)}
    # a process of its own would hide this one from who stops it
    os.execve(python, [python, "-m", "submission", *args.command_line], variables)  # noqa: S606


def _on_host(workspace: Workspace) -> bool:
    """Whether runs happen on the host; MODEL and DATA of a benchmark may be folders, not names."""
    settings = replace(workspace.settings, model=None, dataset=None)
    settled = settle(replace(workspace, settings=settings), inherited())
    return settled.workspace.settings.runner is Runner.HOST
