"""The cells of one system: the stages that belong to it, each as one command of its own checkout.

A cell runs on the system what ``make submission`` would, in an ordinary workspace with ordinary
stamps, up to one stage: image, each probe, each measurement, the system description, the tree.
What lies between them (fetching, features, scores, texts) runs there as well, where it is needed:
plans, descriptions and texts ask the machine that measured. So the tree of a system is what a plain
run on it makes, and the coordinator needs neither models nor data. Here remain what came back and
a stamp for each cell, whose settings and inputs decide whether it is sent again; whether anything
runs then is up to the system's own stamps.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from submission.files import json_text
from submission.fleet.protocol import ARCHIVE, CellOrder
from submission.pipeline.plan import StampFolder
from submission.pipeline.stage import Reporter, Stage
from submission.runs.context import Context
from submission.stages.build import profile_stages
from submission.stages.image import BuildImage
from submission.stages.layout import LayOutTree
from submission.stages.measure import Measure
from submission.stages.probe import Probe
from submission.stages.system import DescribeSystem
from submission.workspace.campaign import Campaign, CampaignSystem
from submission.workspace.settings import settings_table

#: the stages whose outcome comes back; whatever they need runs with them on the system
ON_SYSTEM = (BuildImage, Probe, Measure, DescribeSystem, LayOutTree)
#: of those, the ones that show the submitter and what a person knows of the system
_IN_TEXTS = (DescribeSystem, LayOutTree)
#: settings that decide what is measured and are the same for every system
FORWARDED = (
    "model",
    "dataset",
    "openvino",
    "image",
    "base_image",
    "memory_bytes",
    "wait_for_quiet",
    "share_cores",
    "offline",
)


@dataclass(frozen=True, kw_only=True)
class CellStage:
    """A stage that runs on a system; as a stage of the pipeline it is planned and stamped here.

    ``command`` are the kit's arguments, ``mattering`` the part of them that the outcome depends on.
    """

    name: str
    owner: str
    needs: tuple[str, ...]
    stage: Stage
    command: tuple[str, ...]
    mattering: Mapping[str, Any]
    reads: tuple[Path, ...]
    makes: tuple[Path, ...]
    revision: int = 1

    def settings(self) -> Mapping[str, Any]:
        """The kit, the system's label, and the settings of the command."""
        return self.mattering

    def inputs(self) -> tuple[Path, ...]:
        """What came back before and this stage depends on: the image, the runs."""
        return self.reads

    def outputs(self) -> tuple[Path, ...]:
        """The files and folders that come back."""
        return self.makes

    def probe(self) -> str | None:
        """The system itself knows more when it is asked."""
        return None

    def run(self, report: Reporter) -> None:
        """Cells are sent by the campaign."""
        del report
        raise AssertionError("a campaign sends its cells; none runs in this process")


@dataclass(frozen=True, kw_only=True)
class SystemPlan:
    """One system of a campaign: its context here, its cells in order, where their stamps lie."""

    system: CampaignSystem
    context: Context
    cells: tuple[CellStage, ...]
    stamps: StampFolder = field(repr=False)

    @property
    def name(self) -> str:
        return self.system.system_desc_id

    @property
    def tree(self) -> Path:
        """The system's own tree, once its last cell is done."""
        return self.context.workspace.tree_folder()


def system_plan(
    campaign: Campaign, system: CampaignSystem, context: Context, checkout: str
) -> SystemPlan:
    """The cells of ``system``, whose workspace has the context ``context``.

    ``checkout`` is the identity of the kit. Raises UsageError for a profile that cannot be planned.
    """
    maker = _Maker(campaign=campaign, system=system, context=context, checkout=checkout)
    stages = profile_stages(context)
    placed = [stage for stage in stages if isinstance(stage, ON_SYSTEM)]
    behind = _cells_behind(stages, {stage.name for stage in placed})
    return SystemPlan(
        system=system,
        context=context,
        cells=tuple(maker.cell(stage, behind[stage.name]) for stage in placed),
        stamps=StampFolder(path=context.workspace.cells_folder(), base=context.workspace.root),
    )


def _cells_behind(stages: Sequence[Stage], placed: set[str]) -> dict[str, tuple[str, ...]]:
    """For each stage the cells that it needs, directly or by stages between them."""
    behind: dict[str, tuple[str, ...]] = {}
    for stage in stages:
        found: dict[str, None] = {}
        for need in stage.needs:
            found |= dict.fromkeys(behind.get(need, ()))
            if need in placed:
                found[need] = None
        behind[stage.name] = tuple(found)
    return behind


@dataclass(frozen=True, kw_only=True)
class _Maker:
    """Makes the cells of one system."""

    campaign: Campaign
    system: CampaignSystem
    context: Context
    checkout: str

    def cell(self, stage: Stage, needs: tuple[str, ...]) -> CellStage:
        settings = self._settings(stage)
        return CellStage(
            name=stage.name,
            owner=stage.owner,
            needs=needs,
            stage=stage,
            command=self._command(stage, settings),
            mattering={"where": self.system.label, **settings},
            reads=self._reads(stage),
            makes=made_by(self.context, stage),
        )

    def _reads(self, stage: Stage) -> tuple[Path, ...]:
        """Of what came back before: the image, and for texts and tree each run's metadata."""
        workspace = self.context.workspace
        if isinstance(stage, BuildImage):
            return ()
        if not isinstance(stage, _IN_TEXTS):
            return (workspace.image_file(),)
        runs = [run for benchmark in self.context.profile.benchmarks for run in benchmark.run_ids]
        return (workspace.image_file(), *(workspace.metadata_file(run) for run in runs))

    def _settings(self, stage: Stage) -> dict[str, Any]:
        chosen, workspace = self.context.settings, self.context.workspace
        found: dict[str, Any] = {
            "checkout": self.checkout,
            "profile": self.campaign.profile,
            "system_desc_id": self.system.system_desc_id,
            "runner": str(chosen.runner),
        }
        table = settings_table()
        for key in FORWARDED:
            value = getattr(chosen, key)
            if value != table[key].default:
                found[key] = value
        if self.system.cpuset:
            found["cpuset"] = self.system.cpuset
        if isinstance(stage, _IN_TEXTS):
            found["submitter"] = workspace.submitter
            overlay = workspace.system_overlay()
            if overlay is not None:
                # as text: the system's checkout need not have the file
                found["overlay"] = overlay.read_text(encoding="utf-8")
        return found

    def _command(self, stage: Stage, settings: Mapping[str, Any]) -> tuple[str, ...]:
        options: list[str] = []
        for key, value in settings.items():
            option = "--" + key.replace("_", "-")
            options += [option] if value is True else [option, str(value)]
        workspace = workspace_argument(self.context)
        return ("run-cell", stage.name, "--result", ARCHIVE, "--workspace", workspace, *options)


def made_by(context: Context, stage: Stage) -> tuple[Path, ...]:
    """What comes back from a cell: its outputs, and with the tree also results and scores."""
    if not isinstance(stage, LayOutTree):
        return stage.outputs()
    workspace = context.workspace
    scores = [
        workspace.score_folder(benchmark.model, scenario)
        for benchmark in context.profile.benchmarks
        for scenario in benchmark.scenarios
    ]
    return (*stage.outputs(), workspace.results_file(), *scores)


def workspace_argument(context: Context) -> str:
    """The system's workspace: below its checkout as below this one, or the same absolute path."""
    out, root = context.workspace.out, context.workspace.root
    return out.relative_to(root).as_posix() if out.is_relative_to(root) else str(out)


def cell_order(campaign: Campaign, plan: SystemPlan, cell: CellStage) -> CellOrder:
    """The cell as a fleet takes it; the same cell has the same id in every start."""
    digest = sha256(json_text(dict(cell.mattering)).encode()).hexdigest()[:8]
    words = f"{campaign.name}-{plan.name}-{cell.name}"
    slug = re.sub(r"[^A-Za-z0-9_.-]+", ".", words).strip(".")
    return CellOrder(
        id=f"{slug}-{digest}",
        system=plan.system.label,
        arguments=cell.command,
        timeout_s=campaign.cell_timeout_s,
    )
