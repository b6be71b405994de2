"""Measures with the OpenVINO that runs use, where the Python of the checkout has another one."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.metadata import version

from submission.cli.environment import inherited
from submission.cli.options import workspace_of
from submission.cli.runner import settle
from submission.errors import UsageError
from submission.lab.bench.environments import installed_in, python_with
from submission.terms import Say
from submission.workspace.folders import image_openvino
from submission.workspace.resolve import check_openvino
from submission.workspace.settings import AUTO, Runner

_PACKAGE = "openvino"


def measure_as_runs_do(args: argparse.Namespace, warn: Say) -> None:
    """Start this command again, in place of this process, in a Python with the runs' OpenVINO.

    Returns where this Python has it: what is measured here then holds for runs. An environment is
    made where needed. Raises UsageError for a version without a lock, StageError if it cannot be
    installed.
    """
    workspace = workspace_of(args)
    check_openvino(workspace)
    wanted, here = workspace.openvino.version, version(_PACKAGE)
    given = workspace.settings.openvino != AUTO
    # a later Python has another default
    settled = wanted == image_openvino(workspace.root) and not given
    if wanted == here or settled:
        return
    if settle(workspace, inherited()).workspace.settings.runner is Runner.HOST:
        if given:
            raise UsageError(
                "runs on the host have the OpenVINO that is installed",
                detail=f"OPENVINO={wanted}, and {here} is installed",
                hint="leave OPENVINO out, or let runs happen in containers (RUNNER, an engine)",
            )
        return
    python = python_with(wanted, workspace, warn)
    found = installed_in(python, _PACKAGE)
    if found != wanted:
        # the lock has another one for this Python; so it would be again and again
        if given:
            raise UsageError(
                f"there is no OpenVINO {wanted} for this Python",
                detail=f"its lock has {found} for Python {sys.version.split()[0]}",
                hint=f"OPENVINO={found}, or make setup PYTHON=python3.12",
            )
        warn(f"note: OpenVINO {here} is measured; for this Python there is no {wanted}")
        return
    warn(f"measuring with OpenVINO {wanted}: {workspace.openvino.reason}")
    sys.stdout.flush()
    sys.stderr.flush()
    variables = {**os.environ, "PYTHONPATH": str(workspace.root)}
    # a process of its own would hide this one from who stops it
    os.execve(python, [python, "-m", "submission", *args.command_line], variables)  # noqa: S606
