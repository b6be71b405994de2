"""A campaign of trainings for the command ``campaign``."""

from __future__ import annotations

import argparse

from submission.campaign.systems import FORWARDED
from submission.errors import UsageError
from submission.lab.sweep.file import load_training
from submission.lab.sweep.plan import TrainingPlan, training_plan
from submission.terms import Say
from submission.workspace.folders import Workspace
from submission.workspace.settings import settings_table


def training_campaign(args: argparse.Namespace, workspace: Workspace, warn: Say) -> TrainingPlan:
    """The plan of the file that was named; raises UsageError."""
    campaign = load_training(workspace.root, args.campaign)
    table = settings_table()
    for key in ("runner", *FORWARDED):
        # from the command line: what a node finds in its own environment holds there
        if getattr(args, key) is not None:
            raise UsageError(
                f"a training has no {table[key].option}",
                detail=f"{campaign.path} is a campaign of trainings",
                hint="leave it out; the file says what is trained, and on which nodes",
            )
    del warn
    return training_plan(campaign, workspace)
