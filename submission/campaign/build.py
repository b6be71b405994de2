"""A campaign as the coordinator sees it: its cells, what is made of them here, its engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, NoReturn

from submission.campaign.before import folders_of
from submission.campaign.cells import CellPlan
from submission.campaign.finish import finishing_stages
from submission.campaign.identity import checkout_identity
from submission.campaign.systems import SystemPlan, system_plan
from submission.container.context import fingerprint
from submission.errors import EngineError
from submission.fleet.here import HereFleet
from submission.fleet.protocol import Fleet
from submission.fleet.ray.adapter import RayFleet
from submission.fleet.ray.cluster import parsed_address, ray_home
from submission.fleet.slurm.adapter import SlurmFleet
from submission.fleet.slurm.commands import Slurm
from submission.host.overlay import load_overlay
from submission.pipeline.plan import StampFolder
from submission.pipeline.stage import Stage
from submission.runs.context import Context
from submission.workspace.campaign import (
    Campaign,
    CampaignFile,
    CampaignSystem,
    EngineKind,
    load_campaign,
)
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
    "tuned",
    "rates",
)


@dataclass(frozen=True, kw_only=True)
class CampaignPlan(ABC):
    """A campaign of any kind.

    ``systems`` are its cells by where they run, ``kit`` is the fingerprint of the coordinator's
    kit, ``about`` says in a few words what is done; a ``unit`` is what each of ``systems`` is.
    """

    campaign: CampaignFile
    workspace: Workspace
    systems: tuple[CellPlan, ...]
    kit: str
    about: str
    unit: ClassVar[str] = "system"

    @property
    def folder(self) -> Path:
        """The campaign's record, lock and inbox."""
        return self.workspace.campaign_folder(self.campaign.name)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of its nodes, as far as the file names them."""
        return tuple(dict.fromkeys(each.place.label for each in self.systems if each.place.label))

    @property
    @abstractmethod
    def locks(self) -> tuple[Path, ...]:
        """The folders that this start alone may fill."""

    @abstractmethod
    def read_again(self) -> CampaignFile:
        """The campaign file as it is now; raises UsageError."""

    @property
    @abstractmethod
    def incomplete(self) -> str:
        """What it means that some cells failed, in one line."""

    @property
    @abstractmethod
    def stamps(self) -> StampFolder:
        """Where the stamps of the last stages lie."""

    @property
    @abstractmethod
    def results(self) -> tuple[Path, ...]:
        """What the last stages make, for a person."""

    @abstractmethod
    def last_stages(self, done: Sequence[CellPlan]) -> list[Stage]:
        """What runs here in the end; empty if that needs more than what is ``done``."""


@dataclass(frozen=True, kw_only=True)
class ProfileCampaign(CampaignPlan):
    """One profile on several systems; ``context`` is that of the joined tree."""

    campaign: Campaign
    systems: tuple[SystemPlan, ...]
    context: Context

    @property
    def locks(self) -> tuple[Path, ...]:
        """The campaign, the joined tree, and each system."""
        return (self.folder, self.workspace.out, *(each.stamps.path for each in self.systems))

    def read_again(self) -> Campaign:
        return load_campaign(self.workspace.root, str(self.campaign.path))

    @property
    def incomplete(self) -> str:
        return "nothing was joined: the tree needs every system; `mlperf-kit join` joins some"

    @property
    def stamps(self) -> StampFolder:
        return self.context.stamps

    @property
    def results(self) -> tuple[Path, ...]:
        return self.workspace.tree_folder(), self.workspace.archive_file()

    def last_stages(self, done: Sequence[CellPlan]) -> list[Stage]:
        """join, check, pack, once all systems are done."""
        names = {each.name for each in done}
        trees = {each.name: each.tree for each in self.systems if each.name in names}
        whole = len(trees) == len(self.systems)
        return finishing_stages(self.context, trees) if whole else []


def campaign_plan(campaign: Campaign, workspace: Workspace) -> ProfileCampaign:
    """The plan of a campaign in ``workspace``, whose runner is decided; raises UsageError."""
    identity = checkout_identity(workspace.root)
    settings = replace(
        workspace.settings,
        profile=campaign.profile,
        submitter=campaign.submitter or workspace.settings.submitter,
        system_desc_id=None,
        system_overlay=None,
        cpuset=None,
        tuned=None,
        rates=None,
    )
    whole = Workspace(root=workspace.root, settings=settings, manifests=workspace.manifests)
    context = Context(workspace=whole, connect=_no_engine)
    for each in campaign.systems:
        if each.overlay is not None:
            load_overlay(each.overlay, context.policy)  # a wrong one, before anything is measured
    return ProfileCampaign(
        campaign=campaign,
        workspace=whole,
        context=context,
        systems=tuple(
            system_plan(campaign, each, _context_of(whole, each), identity)
            for each in campaign.systems
        ),
        kit=fingerprint(workspace.root),
        about=f"profile {campaign.profile}",
    )


def _context_of(whole: Workspace, system: CampaignSystem) -> Context:
    settings = replace(
        whole.settings,
        workspace=whole.system_folder(system.system_desc_id),
        system_desc_id=system.system_desc_id,
        system_overlay=system.overlay,
        cpuset=system.cpuset,
    )
    own = Workspace(root=whole.root, settings=settings, manifests=whole.manifests)
    workspace = replace(own, settings=replace(settings, **folders_of(system, own)))
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
    labels, root = plan.labels, plan.workspace.root
    if choice.kind is EngineKind.HERE:
        return HereFleet(
            program=program,
            root=root,
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
            root=root,
            environment=environment,
            inbox=inbox,
            kit=plan.kit,
        )
    address = parsed_address(choice.address or "")
    return RayFleet(ray_home(root, environment), address, inbox=inbox)
