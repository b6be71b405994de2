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

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from submission.campaign.before import BeforeKind, asked_before, cells_before, folders_of
from submission.campaign.cells import (
    CellPlan,
    CellStage,
    Check,
    command_options,
    folder_argument,
)
from submission.campaign.nodes import OneNode
from submission.campaign.result import CellResult
from submission.errors import StageError
from submission.files import sha256_of
from submission.fleet.protocol import ARCHIVE
from submission.pipeline.plan import StampFolder
from submission.pipeline.stage import Stage
from submission.pipeline.stamp import stamp_path
from submission.runs.context import Context
from submission.stages.build import profile_stages
from submission.stages.estimate import run_s
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
DECIDING = (
    "model",
    "dataset",
    "openvino",
    "image",
    "base_image",
    "memory_bytes",
)
#: settings of a start that go with its cells and decide nothing of their results: another value
#: sends no cell again
OF_A_START = ("wait_for_quiet", "share_cores", "offline")
#: settings that hold for every system
FORWARDED = (*DECIDING, *OF_A_START)


@dataclass(frozen=True, kw_only=True)
class SystemPlan(CellPlan):
    """One system of a campaign, and the context of its workspace here."""

    system: CampaignSystem
    context: Context

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
    before = maker.before()
    return SystemPlan(
        name=system.system_desc_id,
        place=OneNode(label=system.label),
        out=context.workspace.out,
        remark=f"cores {system.cpuset}" if system.cpuset else "",
        system=system,
        context=context,
        cells=tuple(_in_turn(placed, before, lambda each: maker.cell(each, behind[each.name]))),
        stamps=StampFolder(path=context.workspace.cells_folder(), base=context.workspace.root),
    )


def _in_turn(
    placed: Sequence[Stage], before: Sequence[CellStage], cell: Callable[[Stage], CellStage]
) -> Iterator[CellStage]:
    """The image, what comes before the measurements, and the rest."""
    for stage in placed:
        yield cell(stage)
        if isinstance(stage, BuildImage):
            yield from before


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

    @cached_property
    def _before(self) -> tuple[tuple[BeforeKind, str], ...]:
        return tuple(cells_before(self.campaign, self.system, self.context))

    def before(self) -> list[CellStage]:
        """The cells of what the file asks for before the measurements."""
        made: list[CellStage] = []
        for kind, model in self._before:
            earlier = self._made_before(model, until=kind)
            asked = {
                key: json.dumps(dict(value), sort_keys=True)
                for key, value in asked_before(self.system).items()
            }
            settings = {**self._settings(), **self._folders(), **asked}
            workspace = self.context.workspace
            name = kind.cell_name(model)
            made.append(
                CellStage(
                    name=name,
                    owner=self.context.profile.name,
                    needs=(BuildImage.name, *earlier),
                    command=self._command("run-bench-cell", name, settings),
                    mattering={"where": self.system.label, **settings},
                    reads=(workspace.image_file(), *earlier.values()),
                    makes=(kind.made(workspace, model),),
                    expect=_Expected(context=self.context, stage=None, checkout=self.checkout),
                )
            )
        return made

    def _made_before(self, model: str, *, until: BeforeKind | None = None) -> dict[str, Path]:
        """What is made for a model before its measurements, by the names of the cells."""
        found: dict[str, Path] = {}
        for kind, each in self._before:
            if kind is until:
                break
            if each == model:
                found[kind.cell_name(model)] = kind.made(self.context.workspace, model)
        return found

    def _folders(self) -> dict[str, str]:
        workspace = self.context.workspace
        return {
            key: folder_argument(path, workspace.root)
            for key, path in folders_of(self.system, workspace).items()
        }

    def cell(self, stage: Stage, needs: tuple[str, ...]) -> CellStage:
        """The cell of a stage that runs on the system."""
        settings = self._settings()
        if not isinstance(stage, BuildImage):
            settings |= self._folders()
        if isinstance(stage, _IN_TEXTS):
            settings |= self._texts()
        before = self._made_before(model_of(stage))
        return CellStage(
            name=stage.name,
            owner=stage.owner,
            needs=(*needs, *before),
            command=self._command("run-cell", stage.name, settings),
            mattering={"where": self.system.label, **settings},
            reads=(*self._reads(stage), *before.values()),
            makes=made_by(self.context, stage),
            expect=_Expected(context=self.context, stage=stage, checkout=self.checkout),
            about_s=partial(_about_s, self.context, stage),
        )

    def _reads(self, stage: Stage) -> tuple[Path, ...]:
        """Of what came back before: the image, and for texts and tree each run's metadata."""
        workspace = self.context.workspace
        if isinstance(stage, BuildImage):
            return ()
        return (workspace.image_file(), *_runs_behind(self.context, stage))

    def _settings(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "checkout": self.checkout,
            "profile": self.campaign.profile,
            "system_desc_id": self.system.system_desc_id,
            "runner": str(self.context.settings.runner),
            **self._chosen(DECIDING),
        }
        if self.system.cpuset:
            found["cpuset"] = self.system.cpuset
        return found

    def _chosen(self, keys: tuple[str, ...]) -> dict[str, Any]:
        """Of these settings, those that are not the default."""
        settings, table = self.context.settings, settings_table()
        values = {key: getattr(settings, key) for key in keys}
        return {key: value for key, value in values.items() if value != table[key].default}

    def _texts(self) -> dict[str, str]:
        workspace = self.context.workspace
        overlay = workspace.system_overlay()
        # as text: the system's checkout need not have the file
        text = {"overlay": overlay.read_text(encoding="utf-8")} if overlay else {}
        return {"submitter": workspace.submitter, **text}

    def _command(self, command: str, stage: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
        workspace = self.context.workspace
        folder = folder_argument(workspace.out, workspace.root)
        options = command_options({**settings, **self._chosen(OF_A_START)})
        return (command, stage, "--result", ARCHIVE, "--workspace", folder, *options)


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


def model_of(stage: Stage) -> str:
    """The model that a probe or a measurement runs; empty for other stages."""
    match stage:
        case Probe():
            return stage.benchmark
        case Measure() if stage.run_id:
            return stage.run_id.benchmark
    return ""


def _runs_behind(context: Context, stage: Stage | None) -> tuple[Path, ...]:
    """The metadata of the runs that a text or a tree is made of."""
    if not isinstance(stage, _IN_TEXTS):
        return ()
    runs = [run for benchmark in context.profile.benchmarks for run in benchmark.run_ids]
    return tuple(context.workspace.metadata_file(run) for run in runs)


def _about_s(context: Context, stage: Stage) -> float | None:
    return run_s(context, stage.run_id) if isinstance(stage, Measure) and stage.run_id else None


@dataclass(frozen=True, kw_only=True)
class _Expected:
    """The kit, the image and the runs of a result are those of the cells before it.

    ``stage`` is None for a cell that is no stage of the profile.
    """

    context: Context
    stage: Stage | None
    checkout: str

    def __call__(self) -> Check:
        """The check of a cell that is sent now: the image is the one that is known now."""
        return partial(self._check, self.context.known_image_id())

    def _check(self, image: str | None, result: CellResult) -> None:
        refuse_result_of_another_kit(result, self.checkout)
        name, stamps = result.stage, self.context.workspace.cells_folder()
        if not isinstance(self.stage, BuildImage) and result.image != image:
            # the first cell then runs again, and with it all that the image is an input of
            stamp_path(stamps, BuildImage(self.context)).unlink(missing_ok=True)
            raise StageError(
                f"{name} ran in another image than the runs before it",
                detail=f"{str(result.image)[:19]} there, {str(image)[:19]} before",
                hint="run the same command again: it measures everything in the new image",
            )
        for path in _runs_behind(self.context, self.stage):
            # a tree must be made of the runs that came back, not of later ones
            run = path.relative_to(self.context.workspace.out).as_posix()
            if result.runs.get(run) != sha256_of(path):
                raise StageError(
                    f"{name} was made of other runs than those that came back",
                    detail=f"{run} differs: the system measured again in between",
                    hint=f"remove {stamps} and run the same command again: it takes over the runs "
                    "of the system",
                )


def refuse_result_of_another_kit(result: CellResult, checkout: str) -> None:
    """StageError unless the kit that ran has the identity ``checkout``."""
    if result.checkout != checkout:
        raise StageError(
            f"{result.stage} ran with another version of the kit",
            detail=f"its sources have the digest {result.checkout[:16]} there, "
            f"{checkout[:16]} here",
            hint="leave both checkouts alone while a campaign runs, and start it again",
        )
