"""A campaign as the coordinator sees it: the plans of its systems, and its engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from submission.campaign.cells import SystemPlan, system_plan
from submission.campaign.identity import checkout_identity
from submission.container.context import fingerprint
from submission.errors import EngineError
from submission.fleet.here import HereFleet
from submission.fleet.protocol import Fleet
from submission.fleet.ray.adapter import RayFleet
from submission.fleet.ray.cluster import parsed_address, ray_home
from submission.fleet.slurm.adapter import SlurmFleet
from submission.fleet.slurm.commands import Slurm
from submission.runs.context import Context
from submission.workspace.campaign import Campaign, CampaignSystem, EngineKind
from submission.workspace.folders import Workspace
from submission.workspace.settings import Runner

#: what a campaign decides itself; in the environment of this command it decides nothing
DECIDED = (
    "profile",
    "model",
    "dataset",
    "workspace",
    "submitter",
    "system_desc_id",
    "system_overlay",
    "runner",
    "cpuset",
)


@dataclass(frozen=True, kw_only=True)
class CampaignPlan:
    """``context`` is that of the joined tree; ``kit`` the fingerprint of the coordinator's kit."""

    campaign: Campaign
    context: Context
    systems: tuple[SystemPlan, ...]
    kit: str

    @property
    def folder(self) -> Path:
        """The campaign's record, lock and inbox."""
        return self.context.workspace.campaign_folder(self.campaign.name)


def campaign_plan(campaign: Campaign, workspace: Workspace) -> CampaignPlan:
    """The plan of a campaign in ``workspace``, whose runner is decided; raises UsageError."""
    identity = checkout_identity(workspace.root)
    settings = replace(
        workspace.settings,
        profile=campaign.profile,
        submitter=campaign.submitter or workspace.settings.submitter,
        system_desc_id=None,
        system_overlay=None,
        cpuset=None,
    )
    whole = Workspace(root=workspace.root, settings=settings, manifests=workspace.manifests)
    return CampaignPlan(
        campaign=campaign,
        context=Context(workspace=whole, connect=_no_engine),
        systems=tuple(
            system_plan(campaign, each, _context_of(whole, each), identity)
            for each in campaign.systems
        ),
        kit=fingerprint(workspace.root),
    )


def _context_of(whole: Workspace, system: CampaignSystem) -> Context:
    settings = replace(
        whole.settings,
        workspace=whole.system_folder(system.system_desc_id),
        system_desc_id=system.system_desc_id,
        system_overlay=system.overlay,
        cpuset=system.cpuset,
    )
    workspace = Workspace(root=whole.root, settings=settings, manifests=whole.manifests)
    return Context(workspace=workspace, connect=_no_engine)


def _no_engine() -> NoReturn:
    raise EngineError(
        "the coordinator of a campaign runs nothing in a container",
        detail="its systems do",
        hint="this is a bug of the kit: please report it with the command you ran",
    )


def decided_runner(campaign: Campaign, asked: Runner, here: Runner) -> Runner:
    """Where runs happen on every system; ``here`` is what ``auto`` means on this machine.

    On other machines ``auto`` is a container: what is there cannot be seen from here.
    """
    if asked is not Runner.AUTO:
        return asked
    return here if campaign.engine.kind is EngineKind.HERE else Runner.CONTAINER


def connect(
    plan: CampaignPlan,
    *,
    program: Sequence[str],
    environment: Mapping[str, str],
) -> Fleet:
    """The campaign's fleet; raises EngineError if it does not answer or is not installed.

    ``program`` is the kit's command here, ``environment`` what a cell on this machine inherits.
    """
    choice = plan.campaign.engine
    inbox = plan.folder / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    labels = list(dict.fromkeys(each.system.label for each in plan.systems))
    if choice.kind is EngineKind.HERE:
        return HereFleet(
            program=program,
            root=plan.context.workspace.root,
            environment=environment,
            inbox=inbox,
            labels=labels,
            kit=plan.kit,
        )
    if choice.kind is EngineKind.SLURM:
        return SlurmFleet(
            Slurm(environment),
            partition=choice.partition,
            labels=labels,
            program=program,
            root=plan.context.workspace.root,
            environment=environment,
            inbox=inbox,
            kit=plan.kit,
        )
    address = parsed_address(choice.address or "")
    return RayFleet(ray_home(plan.context.workspace.root, environment), address, inbox=inbox)
