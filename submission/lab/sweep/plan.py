"""A campaign of trainings as the coordinator sees it: a cell for each, on any node that fits."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from submission.campaign.build import CampaignPlan
from submission.campaign.cells import CellPlan, CellStage, Check, folder_argument
from submission.campaign.identity import checkout_identity
from submission.campaign.nodes import AnyNode
from submission.campaign.result import CellResult
from submission.campaign.systems import refuse_result_of_another_kit
from submission.container.context import fingerprint
from submission.errors import StageError
from submission.files import json_text
from submission.fleet.protocol import ARCHIVE
from submission.lab.sweep.curve import DrawCurve
from submission.lab.sweep.file import TrainingCampaign, TrainingCell, load_training
from submission.pipeline.plan import StampFolder
from submission.pipeline.stage import Stage
from submission.wording import counted
from submission.workspace.campaign import EngineKind
from submission.workspace.folders import Workspace

#: the one cell of each training; what it makes lies in a folder with the training's name
STAGE = "train"
#: in that folder
CONFIG, SCORE, MODEL = "jpqd.json", "score.json", "model"
#: of the folder of a training campaign: what is no training
STAMPS, CURVE = "stamps", "curve"
#: the label of this machine for the engine ``here``
HERE = "here"


@dataclass(frozen=True, kw_only=True)
class TrainingPlan(CampaignPlan):
    """The cells of a training campaign; what is done of them makes the curve."""

    campaign: TrainingCampaign
    unit = "training"

    @property
    def labels(self) -> tuple[str, ...]:
        """The nodes that the file names; the engine ``here`` has one."""
        return self.campaign.nodes or (HERE,)

    @property
    def locks(self) -> tuple[Path, ...]:
        """The campaign alone: nodes lock the folder of each training."""
        return (self.folder,)

    @property
    def incomplete(self) -> str:
        return "the curve is of the trainings that are done, if any is, and names the others"

    @property
    def stamps(self) -> StampFolder:
        return StampFolder(path=self._sweep / STAMPS, base=self.workspace.root)

    @property
    def results(self) -> tuple[Path, ...]:
        return tuple(self._sweep / f"{CURVE}.{ending}" for ending in ("md", "json", "svg"))

    def last_stages(self, done: Sequence[CellPlan]) -> list[Stage]:
        """The curve of what is done; none before the first training is."""
        names = {each.name for each in done}
        scores = [
            (cell, self._sweep / cell.name / SCORE)
            for cell in self.campaign.cells
            if cell.name in names
        ]
        if not scores:
            return []
        lacking = tuple(each.name for each in self.campaign.cells if each.name not in names)
        made = DrawCurve(
            campaign=self.campaign, scores=scores, lacking=lacking, results=self.results
        )
        return [made]

    def read_again(self) -> TrainingCampaign:
        return load_training(self.workspace.root, str(self.campaign.path))

    @property
    def _sweep(self) -> Path:
        return self.workspace.sweep_folder(self.campaign.name)


def training_plan(campaign: TrainingCampaign, workspace: Workspace) -> TrainingPlan:
    """The plan of a training campaign in ``workspace``."""
    checkout = checkout_identity(workspace.root)
    place = AnyNode(
        cores=campaign.cores,
        gpus=campaign.gpus,
        among=(HERE,) if campaign.engine.kind is EngineKind.HERE else campaign.nodes,
    )
    folder = workspace.sweep_folder(campaign.name)
    return TrainingPlan(
        campaign=campaign,
        workspace=workspace,
        systems=tuple(
            CellPlan(
                name=each.name,
                place=place,
                out=workspace.out,
                cells=(_stage(campaign, each, workspace, checkout),),
                stamps=StampFolder(path=folder / STAMPS / each.name, base=workspace.root),
            )
            for each in campaign.cells
        ),
        kit=fingerprint(workspace.root),
        about=f"{counted(len(campaign.cells), 'training')} from {campaign.base.name} "
        f"of {campaign.base.parent.name}",
    )


def _stage(
    campaign: TrainingCampaign, cell: TrainingCell, workspace: Workspace, checkout: str
) -> CellStage:
    text = json.dumps(dict(cell.config))
    words = {
        "--checkout": checkout,
        "--workspace": folder_argument(workspace.out, workspace.root),
        "--campaign": campaign.name,
        "--config": text,
        "--dense": campaign.dense,
        "--dataset": campaign.dataset,
        "--cores": str(campaign.cores),
        "--gpus": str(campaign.gpus),
        "--result": ARCHIVE,
    }
    made = workspace.sweep_folder(campaign.name) / cell.name
    return CellStage(
        name=STAGE,
        owner="",
        needs=(),
        command=("run-training-cell", cell.name, *(w for pair in words.items() for w in pair)),
        # neither kit nor node: a training is of its configuration
        mattering={
            "config": dict(cell.config),
            "dense": campaign.dense,
            "dataset": campaign.dataset,
        },
        reads=(),
        makes=(made,),
        expect=_expected(checkout, (made / CONFIG).relative_to(workspace.out), config_text(cell)),
    )


def config_text(cell: TrainingCell) -> str:
    """What the file of the cell's configuration holds."""
    return json_text(dict(cell.config))


def _expected(checkout: str, file: Path, text: str) -> Callable[[], Check]:
    digest = sha256(text.encode()).hexdigest()

    def check(result: CellResult) -> None:
        refuse_result_of_another_kit(result, checkout)
        if result.files.get(file.as_posix()) != digest:
            raise StageError(
                "the result is that of another configuration",
                detail=f"{file} differs from what was sent",
                hint="run the same command again; if it stays so, remove that folder on its node",
            )

    return lambda: check
